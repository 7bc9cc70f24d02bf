/* Compiled as strict C99: the initialisers fit their structs, enums are as large as int. */
#include <tunnelview/tunnelview.h>

#define TV_CHECK(name, condition) typedef char name[(condition) ? 1 : -1]
TV_CHECK(result_is_int, sizeof(tv_result) == sizeof(int));
TV_CHECK(codec_is_int, sizeof(tv_codec) == sizeof(int));
TV_CHECK(policy_is_int, sizeof(tv_video_policy) == sizeof(int));
TV_CHECK(surfaces_is_int, sizeof(tv_surface_policy) == sizeof(int));
TV_CHECK(qos_is_int, sizeof(tv_qos) == sizeof(int));
TV_CHECK(level_is_int, sizeof(tv_log_level) == sizeof(int));
TV_CHECK(state_is_int, sizeof(tv_state) == sizeof(int));
TV_CHECK(reason_is_int, sizeof(tv_close_reason) == sizeof(int));
TV_CHECK(kind_is_int, sizeof(tv_frame_kind) == sizeof(int));
TV_CHECK(layout_is_int, sizeof(tv_pixel_layout) == sizeof(int));
TV_CHECK(matrix_is_int, sizeof(tv_matrix) == sizeof(int));
TV_CHECK(range_is_int, sizeof(tv_range) == sizeof(int));

int tv_c99_uses_every_initialiser(void);
int tv_c99_uses_every_initialiser(void) {
    tv_config config = TV_CONFIG_INIT;
    tv_callbacks callbacks = TV_CALLBACKS_INIT;
    tv_stats stats = TV_STATS_INIT;
    tv_probe_info probe = TV_PROBE_INFO_INIT;
    tv_frame_info frame = TV_FRAME_INFO_INIT;
    tv_limits limits = TV_LIMITS_INIT;
    tv_receiver receiver = NULL;
    tv_result result = tv_receiver_create(&config, &callbacks, &receiver);
    return (int)result + (int)(stats.size + probe.size + frame.size + limits.size) +
           (tv_probe(&probe) == TV_OK);
}
