# The product's Objective-C++ on Linux: clang's for the GNUstep ABI, over the runtime in objc/. Whatever compiles the rest.
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  set(CMAKE_OBJCXX_COMPILER ${CMAKE_CXX_COMPILER})
else()
  find_program(TV_OBJCXX NAMES clang++-19)
  if(TV_OBJCXX AND NOT TV_SANITIZE)
    set(CMAKE_OBJCXX_COMPILER ${TV_OBJCXX})
  endif()
endif()
if(NOT CMAKE_OBJCXX_COMPILER)
  message(STATUS "no clang++-19: the Metal conversion is not tested")
  add_test(NAME applesim_metal_needs_clang COMMAND ${CMAKE_COMMAND} -E echo "skipped: clang++-19 is needed for Objective-C++")
  set_tests_properties(applesim_metal_needs_clang PROPERTIES SKIP_REGULAR_EXPRESSION skipped LABELS applesim)
  return()
endif()
enable_language(OBJCXX)
set_property(DIRECTORY PROPERTY TV_OBJCXX ${CMAKE_OBJCXX_COMPILER}) # for other folders
set(CMAKE_OBJCXX_STANDARD 23)

set(metal ${PROJECT_SOURCE_DIR}/src/metal)
function(tv_objective_cpp target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:OBJCXX>:-fobjc-runtime=gnustep-2.0;-fobjc-arc;-fblocks;SHELL:-Xclang -fobjc-dispatch-method=legacy>)
endfunction()

# Of the GPU: the simulated frameworks.
add_library(tv_applesim_metal STATIC objc/runtime.cpp objc/foundation.mm sim/metal.mm)
tv_objective_cpp(tv_applesim_metal)
target_include_directories(tv_applesim_metal PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} PRIVATE sim)
target_link_libraries(tv_applesim_metal PUBLIC tv_applesim tv_kernel_twin tv_metal_kernel)

# The product's part.
add_library(tv_sim_metal STATIC ${metal}/converter.mm ${metal}/device_macos.mm ${metal}/gpu.cpp ${metal}/paint.cpp)
tv_objective_cpp(tv_sim_metal)
target_link_libraries(tv_sim_metal PUBLIC tv_applesim_metal tv_sim_iosurface tv_video)

add_executable(applesim_metal_test metal_test.cpp metal_bed.cpp)
target_include_directories(applesim_metal_test PRIVATE sim)
target_link_libraries(applesim_metal_test PRIVATE tv_sim_metal tv_test_main)
set_target_properties(applesim_metal_test PROPERTIES LINKER_LANGUAGE CXX)
gtest_discover_tests(applesim_metal_test PROPERTIES LABELS applesim)

# What a picture costs besides Apple's own objects; a program of its own, because it replaces operator new.
if(NOT TV_SANITIZE)
  add_executable(applesim_metal_cost_test metal_cost_test.cpp metal_bed.cpp)
  target_include_directories(applesim_metal_cost_test PRIVATE sim)
  target_compile_definitions(applesim_metal_cost_test PRIVATE TV_METAL_CALLS="${CMAKE_CURRENT_SOURCE_DIR}/metal_calls.txt")
  target_link_libraries(applesim_metal_cost_test PRIVATE tv_sim_metal fmt::fmt tv_test_main)
  set_target_properties(applesim_metal_cost_test PROPERTIES LINKER_LANGUAGE CXX)
  gtest_discover_tests(applesim_metal_cost_test PROPERTIES LABELS applesim)
  add_test(NAME applesim_metal_cost_mutants COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutants.py
    --build ${CMAKE_BINARY_DIR} --test applesim_metal_cost_test ${CMAKE_CURRENT_SOURCE_DIR}/metal_cost.mutants)
  set_tests_properties(applesim_metal_cost_mutants PROPERTIES LABELS "applesim;mutants" TIMEOUT 600 PROCESSORS 2)
endif()

# The product broken in every way that the tests are for.
if(NOT TV_SANITIZE)
  add_test(NAME applesim_metal_mutants COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutants.py
    --build ${CMAKE_BINARY_DIR} --test applesim_metal_test ${CMAKE_CURRENT_SOURCE_DIR}/metal.mutants)
  set_tests_properties(applesim_metal_mutants PROPERTIES LABELS "applesim;mutants" TIMEOUT 600 PROCESSORS 2)
endif()

# The self-test as it is on a Mac.
if(TARGET tv_sim_videotoolbox)
  add_executable(applesim_selftest_test selftest_test.cpp ${PROJECT_SOURCE_DIR}/src/cli/selftest/surfaces_apple.cpp)
  target_include_directories(applesim_selftest_test PRIVATE sim)
  target_link_libraries(applesim_selftest_test PRIVATE tv_selftest tv_sim_metal tv_sim_videotoolbox tv_test_main)
  set_target_properties(applesim_selftest_test PROPERTIES LINKER_LANGUAGE CXX)
  gtest_discover_tests(applesim_selftest_test PROPERTIES LABELS applesim)
  # Once more with a VideoToolbox that holds pictures back.
  gtest_discover_tests(applesim_selftest_test TEST_SUFFIX _withholding_4 TEST_LIST applesim_selftest_withholding
    PROPERTIES LABELS applesim ENVIRONMENT TV_APPLESIM_WITHHOLD=4)
  if(NOT TV_SANITIZE)
    add_test(NAME applesim_selftest_mutants COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutants.py
      --build ${CMAKE_BINARY_DIR} --test applesim_selftest_test ${CMAKE_CURRENT_SOURCE_DIR}/selftest.mutants)
    set_tests_properties(applesim_selftest_mutants PROPERTIES LABELS "applesim;mutants" TIMEOUT 600 PROCESSORS 2)
  endif()
endif()
