// Whose memory it is: what is allocated while a thread is inside Apple's functions is not the product's
// doing.
#pragma once

#include <utility>

namespace tv::sim {

// How many of Apple's functions this thread is in.
inline thread_local int t_inside = 0;

class Apples {
public:
    Apples() { ++t_inside; }
    ~Apples() { --t_inside; }
    Apples(const Apples&) = delete;
    Apples& operator=(const Apples&) = delete;
};

// Around the product's handlers that Apple calls.
class NotApples {
public:
    NotApples() : before_(std::exchange(t_inside, 0)) {}
    ~NotApples() { t_inside = before_; }
    NotApples(const NotApples&) = delete;
    NotApples& operator=(const NotApples&) = delete;

private:
    const int before_;
};

} // namespace tv::sim
