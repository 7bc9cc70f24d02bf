# tv_flags: what every target of ours compiles with. Linked as an interface so that generated C (wayland-scanner) can stay out of it.
add_library(tv_flags INTERFACE)
target_compile_options(tv_flags INTERFACE -Wall -Wextra -Wpedantic $<$<BOOL:${TV_WERROR}>:-Werror>)
# g++-12 sees overlapping copies in std::string's own code (GCC bug 105651); fixed in 13.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(tv_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
target_include_directories(tv_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)

if(TV_SANITIZE)
  add_compile_options(-fsanitize=${TV_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TV_SANITIZE})
endif()
