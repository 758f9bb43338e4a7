#pragma once

// Before a local variable that is written before it is read: release builds clear all others
// (-ftrivial-auto-var-init=zero), which for a table of 24 KiB takes longer than to use it.
#if defined(__clang__)
#define HEADGATE_UNINITIALIZED [[clang::uninitialized]]
#else
#define HEADGATE_UNINITIALIZED [[gnu::uninitialized]]
#endif
