#pragma once

// Marks a local variable that is written before it is read. Release builds clear all others
// (-ftrivial-auto-var-init=zero), which takes longer than using them for a table of 24 KiB.
#if defined(__clang__)
#define HEADGATE_UNINITIALIZED [[clang::uninitialized]]
#else
#define HEADGATE_UNINITIALIZED [[gnu::uninitialized]]
#endif
