// As much of Darwin's as the product uses; doctor_mac_test.cpp answers.
#pragma once

#include <stddef.h>

extern "C" int sysctlbyname(const char* name, void* old_value, size_t* old_size, void* new_value,
                            size_t new_size);
