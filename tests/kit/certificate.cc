// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kit/certificate.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace triad::test {
namespace {

template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;

void need(bool good) {
  if (!good)
    throw std::runtime_error("OpenSSL could not make a test certificate");
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  need(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

} // namespace

Certificate make_certificate(const std::string& names, long valid_seconds) {
  Key key(EVP_EC_gen("P-256"));
  X509Ptr certificate(X509_new());
  need(key && certificate);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_seconds);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>("triad test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key.get());
  add_extension(certificate.get(), NID_subject_alt_name, names);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  need(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);

  Memory certificate_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_mem()));
  need(PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1);
  need(PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
       1);
  return {text_of(certificate_text.get()), text_of(key_text.get())};
}

} // namespace triad::test
