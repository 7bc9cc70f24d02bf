// How the simulated VideoToolbox behaves, and what it saw. Tests only.
#pragma once

#include <VideoToolbox/VideoToolbox.h>

#include <string>
#include <vector>

namespace tv::sim {

// One thing that goes wrong: at the `sample`th sample (from 0) of the `session`th session made since
// configure().
struct Fault {
    enum class Kind : unsigned char {
        CreateFails,       // with `status`
        ReturnsError,      // DecodeFrame answers `status`; no callback
        ReturnsAndReports, // DecodeFrame answers `status`, and calls back with it as well
        ReturnsAndDecodes, // DecodeFrame answers `status`, and calls back with the picture
        ReportsError,      // the callback gets `status` and no image
        NoImage,           // noErr, and no image
        Dropped,           // noErr and FrameDropped, no image
        DroppedWithImage,  // noErr and FrameDropped, and an image of something else
        Interrupted,       // noErr and FrameInterrupted, and a black image
        NoCallback,        // the picture is forgotten
        DecodeHangs,       // DecodeFrame returns only after release_hangs()
        WaitHangs,         // the same of WaitForAsynchronousFrames, from that sample on
        InvalidateHangs,   // the same of Invalidate
        CreateHangs,       // the same of making the session
        FinishHangs,       // the same of FinishDelayedFrames, from that sample on
        AllDie,            // every session there is answers InvalidSession from now on
    };
    Kind kind = Kind::ReportsError;
    int session = 0; // -1: every one
    int sample = 0;  // -1: every one
    OSStatus status = 0;
    bool sticky = false; // and so does every later sample of that session
};

// TV_APPLESIM_WITHHOLD, or 0: so that whole programs run with pictures held back.
unsigned withheld_by_default();

struct Behaviour {
    // Pictures held back until later ones push them out, or Wait.
    unsigned withhold = withheld_by_default();
    bool finish_emits = true;           // FinishDelayedFrames gives them too
    bool promise_of_order_helps = true; // none are held back when the SPS says that nothing is reordered
    bool hardware = true;               // what UsingHardware answers
    int accept_changes = -1;     // CanAccept: 1 always, 0 never, -1 drawn where codec and size are the same
    unsigned max_delay_us = 300; // a decode takes up to this
    unsigned pool_limit = 0;     // pictures that may be out at once; 0: any number
    bool pool_stalls = false;    // decoding waits for one to come back, else fails with AllocationFailed
    std::vector<Fault> faults = {};
};

// For sessions made from now on; forgets counts, complaints, faults that struck, and which decoders were
// registered.
void configure(Behaviour behaviour);
void release_hangs();

// Breaches of the contract that Apple answers with an error code and not with a crash; a correct product
// leaves none.
std::vector<std::string> complaints();
unsigned sessions_made();
unsigned sessions_alive();
unsigned faults_struck();
// How often a picture found its pool exhausted.
unsigned pools_exhausted();
// Buffers that a session's pool allocated, at most.
unsigned largest_pool();

} // namespace tv::sim
