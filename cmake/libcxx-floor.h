// Included before everything when scripts/macos_check.sh compiles: zig's libc++ then knows of itself only
// what Apple's had at the oldest macOS we run on (zig's driver says on its command line that it is all
// there). Not part of any other build.
#undef _LIBCPP_HAS_VENDOR_AVAILABILITY_ANNOTATIONS
#define _LIBCPP_HAS_VENDOR_AVAILABILITY_ANNOTATIONS 1
