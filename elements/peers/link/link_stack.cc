// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peers/link/link_stack.h"

namespace triad {

namespace {

// Never destroyed: a process may exit while its links are up.
std::weak_ptr<LinkStack>& living() {
  static auto& stack = *new std::weak_ptr<LinkStack>;
  return stack;
}

} // namespace

std::shared_ptr<LinkStack> LinkStack::get(GMainContext* context) {
  if (auto stack = living().lock())
    return stack;
  const auto made = std::make_shared<SharedStack>(context);
  living() = made;
  return made;
}

bool LinkStack::alive() {
  return !living().expired();
}

SharedStack::~SharedStack() {
  // Members need the context until they are gone; a GSource that was destroyed needs it no more.
  g_main_context_unref(context_);
}

} // namespace triad
