# Cross-building for macOS with zig: used by scripts/macos_check.sh, which writes the wrappers and the prefix that this needs.
#   TV_CROSS         folder with TV_CROSS/bin/{aarch64,x86_64}-{cc,c++,ar,ranlib} and TV_CROSS/prefix (headers and stubs)
#   TV_CROSS_ARCH    aarch64 or x86_64
#   TV_IOS           ON: TV_CROSS_ARCH is ios-device or ios-simulator. CMake's own iOS support wants Xcode.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TV_CROSS TV_CROSS_ARCH TV_IOS)
set(CMAKE_SYSTEM_NAME Darwin)
if(TV_IOS)
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # there is nothing to link programs with
else()
  set(CMAKE_SYSTEM_PROCESSOR ${TV_CROSS_ARCH})
endif()
foreach(language C OBJC)
  set(CMAKE_${language}_COMPILER ${TV_CROSS}/bin/${TV_CROSS_ARCH}-cc)
endforeach()
foreach(language CXX OBJCXX)
  set(CMAKE_${language}_COMPILER ${TV_CROSS}/bin/${TV_CROSS_ARCH}-c++)
endforeach()
set(CMAKE_AR ${TV_CROSS}/bin/${TV_CROSS_ARCH}-ar)
set(CMAKE_RANLIB ${TV_CROSS}/bin/${TV_CROSS_ARCH}-ranlib)
# No SDK and no universal binaries: the wrappers say the target and its minimum version.
set(CMAKE_OSX_SYSROOT "" CACHE STRING "" FORCE)
set(CMAKE_OSX_DEPLOYMENT_TARGET "" CACHE STRING "" FORCE)
set(CMAKE_OSX_ARCHITECTURES "" CACHE STRING "" FORCE)

# Nothing of the machine that builds may be found.
set(CMAKE_FIND_ROOT_PATH ${TV_CROSS}/prefix)
set(CMAKE_PREFIX_PATH ${TV_CROSS}/prefix)
foreach(kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(ENV{PKG_CONFIG_LIBDIR} ${TV_CROSS}/prefix/lib/pkgconfig)
set(ENV{PKG_CONFIG_PATH} "")
# CMake asks for it and our programs have no use for it.
set(CMAKE_INSTALL_NAME_TOOL ${TV_CROSS}/bin/install_name_tool)
