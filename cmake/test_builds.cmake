# What makes the tests' own files quick to compile; none of it changes what the product is compiled to.

set(standard <algorithm> <atomic> <chrono> <condition_variable> <expected> <filesystem> <fstream> <functional> <map>
  <memory> <mutex> <optional> <set> <span> <string> <thread> <variant> <vector>)

set(options)
# With precompiled headers g++-12 sees writes behind the end in std::string's own code (GCC bug 105329, fixed in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND options -Wno-array-bounds -Wno-stringop-overflow)
endif()
# ccache knows a header again by its bytes.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND options "SHELL:-Xclang -fno-pch-timestamp")
endif()

# For the test compositor and client, which the benchmarks use too: optimised like the product.
add_library(tv_support_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/test_headers.cpp)
target_link_libraries(tv_support_headers PRIVATE tv_flags)
target_compile_options(tv_support_headers PRIVATE ${options})
target_precompile_headers(tv_support_headers PRIVATE ${standard})

# For the tests: they wait for others more than they compute.
add_library(tv_test_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/test_headers.cpp)
target_link_libraries(tv_test_headers PRIVATE tv_flags GTest::gtest fmt::fmt)
target_compile_options(tv_test_headers PRIVATE ${options} $<$<CONFIG:RelWithDebInfo>:-O1>)
target_precompile_headers(tv_test_headers PRIVATE <gtest/gtest.h> <fmt/format.h> ${standard})

# tv_quick_to_build(FOLDER HEADERS): every program and library of C++ in it and below takes the precompiled headers of the
# target HEADERS, and with them its options and libraries: they are valid for nothing else.
function(tv_quick_to_build folder headers)
  get_property(options TARGET ${headers} PROPERTY COMPILE_OPTIONS)
  get_property(libraries TARGET ${headers} PROPERTY LINK_LIBRARIES)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(sources ${target} SOURCES)
    if(type MATCHES "EXECUTABLE|STATIC_LIBRARY|OBJECT_LIBRARY" AND sources MATCHES "\\.cpp" AND NOT sources MATCHES "\\.mm")
      target_precompile_headers(${target} REUSE_FROM ${headers})
      target_link_libraries(${target} PRIVATE ${libraries})
      target_compile_options(${target} PRIVATE ${options})
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(below IN LISTS folders)
    tv_quick_to_build(${below} ${headers})
  endforeach()
endfunction()
