# Product dependencies; each is in the README with its reason.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
if(TV_TESTS OR TV_BENCH)
  find_package(CLI11 REQUIRED) # the test programs' command lines
endif()
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

# Software video decoding. Headers only: the libraries are loaded at the first video message.
pkg_check_modules(FFMPEG QUIET libavcodec>=59 libavutil>=57)
# Not by itself on Apple's systems, which have decoders of their own.
set(TV_FFMPEG_DEFAULT ${FFMPEG_FOUND})
if(APPLE)
  set(TV_FFMPEG_DEFAULT OFF)
endif()
option(TV_FFMPEG "Decode video with libavcodec (5.1 or later)" ${TV_FFMPEG_DEFAULT})
if(TV_FFMPEG AND NOT FFMPEG_FOUND)
  message(FATAL_ERROR "TV_FFMPEG needs the headers of libavcodec and libavutil 5.1 or later")
elseif(NOT TV_FFMPEG)
  message(STATUS "libavcodec not used: no software video decoding")
endif()
