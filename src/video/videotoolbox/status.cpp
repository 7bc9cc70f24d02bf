#include "video/videotoolbox/status.h"

namespace tv::video {
namespace {

// Not in any header: what decoders of the QuickTime age still answer.
constexpr OSStatus kCodecBadDataErr = -8969;

ErrorCategory category_of(OSStatus status) {
    switch (status) {
    case kVTVideoDecoderBadDataErr:
    case kVTVideoDecoderReferenceMissingErr:
    case kCodecBadDataErr:
    case kCMFormatDescriptionError_InvalidParameter:
        return ErrorCategory::Corrupted;
    case kVTCouldNotFindVideoDecoderErr:
    case kVTCouldNotCreateInstanceErr:
    case kVTVideoDecoderUnsupportedDataFormatErr:
    case kVTVideoDecoderAuthorizationErr:
    case kVTVideoDecoderNeedsRosettaErr:
    case kVTPixelTransferNotSupportedErr:
    case kVTPixelTransferNotPermittedErr:
    case kVTInsufficientSourceColorDataErr:
        return ErrorCategory::Unsupported;
    default:
        return ErrorCategory::TryAgain;
    }
}

} // namespace

Error error_of_status(OSStatus status, const char* what) {
    return {category_of(status), what, 0, status};
}

} // namespace tv::video
