# The whole program on the simulation: VideoToolbox, IOSurface and Metal, and libavcodec inside the simulation only.
if(NOT TARGET tv_sim_videotoolbox OR NOT TARGET tv_sim_metal OR NOT TARGET tv_session)
  return()
endif()
set(cli ${PROJECT_SOURCE_DIR}/src/cli)
# Objects, so that they come before the ones for systems without surfaces.
add_library(tv_sim_backend OBJECT ${PROJECT_SOURCE_DIR}/src/backend/surface_backend_apple.cpp ${metal}/frame_textures.mm)
tv_objective_cpp(tv_sim_backend)
target_link_libraries(tv_sim_backend PUBLIC tv_sim_metal tv_sim_iosurface)

add_executable(tunnelview-applesim ${cli}/main.cpp ${cli}/lessons.cpp ${cli}/listener.cpp ${cli}/recordings.cpp ${cli}/replay_mode.cpp
  ${cli}/session_process.cpp ${cli}/store_choice.cpp ${cli}/selftest/surfaces_apple.cpp
  ${PROJECT_SOURCE_DIR}/src/video/decoders_apple.cpp ${PROJECT_SOURCE_DIR}/src/video/ffmpeg/none.cpp)
target_link_libraries(tunnelview-applesim PRIVATE tv_doctor tv_selftest tv_cli tv_replay tv_session tv_sim_backend tv_backend tv_sim_videotoolbox)
set_target_properties(tunnelview-applesim PROPERTIES LINKER_LANGUAGE CXX)
add_test(NAME applesim_program_selftest COMMAND tunnelview-applesim selftest)
set_tests_properties(applesim_program_selftest PROPERTIES LABELS applesim)
add_test(NAME applesim_program_selftest_withholding_4 COMMAND tunnelview-applesim selftest)
set_tests_properties(applesim_program_selftest_withholding_4 PROPERTIES LABELS applesim ENVIRONMENT TV_APPLESIM_WITHHOLD=4)
