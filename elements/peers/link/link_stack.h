// SPDX-License-Identifier: LGPL-2.1-or-later
// What all links of a process share: LinkStack as link.cc sees it.
#pragma once

#include "peers/link/certificate.h"
#include "peers/link/link.h"
#include "peers/link/mdns.h"
#include "peers/link/packet_batch.h"
#include "peers/link/sctp_library.h"

namespace triad {

class SharedStack final : public LinkStack {
public:
  explicit SharedStack(GMainContext* context)
      : context_(g_main_context_ref(context ? context : g_main_context_default())),
        certificate_(make_certificate()),
        sctp_(context_),
        mdns_(context_) {}
  ~SharedStack() override;

  [[nodiscard]] const Sha256& fingerprint() const override { return certificate_.fingerprint; }

  [[nodiscard]] GMainContext* context() const { return context_; }
  [[nodiscard]] const Certificate& certificate() const { return certificate_; }
  [[nodiscard]] SctpLibrary& sctp() { return sctp_; }
  [[nodiscard]] PacketBatch& batch() { return batch_; }
  [[nodiscard]] MdnsResolver& mdns() { return mdns_; }

private:
  GMainContext* context_;
  Certificate certificate_;
  SctpLibrary sctp_;
  PacketBatch batch_;
  MdnsResolver mdns_;
};

} // namespace triad
