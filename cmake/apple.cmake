# Apple's frameworks for the targets that use them.
if(APPLE)
  # Where there is no SDK (scripts/macos_check.sh), the headers of tests/applesim stand in, and stubs made from tables of facts.
  set(TV_APPLE_HEADERS "" CACHE PATH "Headers instead of an SDK's frameworks")
  set(TV_APPLE_FRAMEWORKS "" CACHE PATH "Stubs instead of an SDK's frameworks")
  # .mm files: automatic reference counting, without exception.
  enable_language(OBJCXX)
  set(CMAKE_OBJCXX_STANDARD 23)
  set(CMAKE_OBJCXX_STANDARD_REQUIRED ON)
  set(CMAKE_OBJCXX_EXTENSIONS OFF)
endif()

# tv_frameworks(TARGET NAMES...)
function(tv_frameworks target)
  if(TV_APPLE_HEADERS)
    target_include_directories(${target} SYSTEM PUBLIC ${TV_APPLE_HEADERS})
  endif()
  if(TV_APPLE_FRAMEWORKS)
    target_link_options(${target} PUBLIC -F${TV_APPLE_FRAMEWORKS} -L${TV_APPLE_FRAMEWORKS}/../lib)
  endif()
  foreach(framework IN LISTS ARGN)
    target_link_libraries(${target} PUBLIC "-framework ${framework}")
  endforeach()
endfunction()
