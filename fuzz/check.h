// What a fuzz target expects of the code under test. Unlike assert it holds in every build.
#pragma once

#include <cstdio>
#include <cstdlib>

#define TV_EXPECT(condition)                                                                                 \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);              \
            std::abort();                                                                                    \
        }                                                                                                    \
    } while (false)
