#pragma once

#include <atomic>
#include <map>
#include <string>

namespace tv::noop {

struct Counter {
    const char* name = nullptr;
    std::atomic<unsigned long> count{0};
};
Counter& counter(const char* name);
// First thing in a function that counts.
#define COUNTED()                                                                                            \
    static tv::noop::Counter& counter_ = tv::noop::counter(__func__);                                        \
    counter_.count.fetch_add(1, std::memory_order_relaxed)

// Everything is the same object: nobody looks inside.
inline char g_object[64];
template <typename T>
T object() {
    return reinterpret_cast<T>(g_object);
}

// Of the functions that are used once a picture.
std::map<std::string, unsigned long> calls();

} // namespace tv::noop
