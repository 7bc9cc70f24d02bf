# tv_flags: what every target of ours compiles with. Linked as an interface so that generated C (wayland-scanner) can stay out of it.
add_library(tv_flags INTERFACE)
target_compile_options(tv_flags INTERFACE -Wall -Wextra -Wpedantic $<$<BOOL:${TV_WERROR}>:-Werror>)
target_include_directories(tv_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)

if(TV_SANITIZE)
  add_compile_options(-fsanitize=${TV_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TV_SANITIZE})
endif()
