// One place that knows every message type, for tests that treat them all alike.
#pragma once

#include <type_traits>

#include "channel/messages.h"

namespace tv::test {

// Calls visitor(std::type_identity<msg::X>{}) for the message of that type; all calls return the same type.
template <typename Visitor>
auto with_message(MessageType type, Visitor visitor) {
    switch (type) {
    case MessageType::Protocol:
        return visitor(std::type_identity<msg::Protocol>{});
    case MessageType::InjectRids:
        return visitor(std::type_identity<msg::InjectRids>{});
    case MessageType::OpenFile:
        return visitor(std::type_identity<msg::OpenFile>{});
    case MessageType::ExtendFile:
        return visitor(std::type_identity<msg::ExtendFile>{});
    case MessageType::OpenDmabuf:
        return visitor(std::type_identity<msg::OpenDmabuf>{});
    case MessageType::BufferFill:
        return visitor(std::type_identity<msg::BufferFill>{});
    case MessageType::BufferDiff:
        return visitor(std::type_identity<msg::BufferDiff>{});
    case MessageType::OpenIRPipe:
        return visitor(std::type_identity<msg::OpenIRPipe>{});
    case MessageType::OpenIWPipe:
        return visitor(std::type_identity<msg::OpenIWPipe>{});
    case MessageType::OpenRWPipe:
        return visitor(std::type_identity<msg::OpenRWPipe>{});
    case MessageType::PipeTransfer:
        return visitor(std::type_identity<msg::PipeTransfer>{});
    case MessageType::PipeShutdownR:
        return visitor(std::type_identity<msg::PipeShutdownR>{});
    case MessageType::PipeShutdownW:
        return visitor(std::type_identity<msg::PipeShutdownW>{});
    case MessageType::OpenDmavidSrc:
        return visitor(std::type_identity<msg::OpenDmavidSrc>{});
    case MessageType::OpenDmavidDst:
        return visitor(std::type_identity<msg::OpenDmavidDst>{});
    case MessageType::SendDmavidPacket:
        return visitor(std::type_identity<msg::SendDmavidPacket>{});
    case MessageType::AckNblocks:
        return visitor(std::type_identity<msg::AckNblocks>{});
    case MessageType::Restart:
        return visitor(std::type_identity<msg::Restart>{});
    case MessageType::Close:
        return visitor(std::type_identity<msg::Close>{});
    case MessageType::OpenDmavidSrcV2:
        return visitor(std::type_identity<msg::OpenDmavidSrcV2>{});
    case MessageType::OpenDmavidDstV2:
        return visitor(std::type_identity<msg::OpenDmavidDstV2>{});
    case MessageType::OpenTimeline:
        return visitor(std::type_identity<msg::OpenTimeline>{});
    case MessageType::SignalTimeline:
        return visitor(std::type_identity<msg::SignalTimeline>{});
    case MessageType::Version:
        break;
    }
    return visitor(std::type_identity<msg::Version>{});
}

} // namespace tv::test
