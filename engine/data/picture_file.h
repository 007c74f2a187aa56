// One picture file, decoded with care.
#pragma once

#include "ddpm/result.h"

#include <opencv2/core/mat.hpp>

#include <filesystem>

namespace ddpm::data {

/// The whole picture, 8 bits, `channels` = 1 (grey) or 3 (RGB). The rule for what is special:
///   16 bits a channel      the upper eight
///   transparency           over black
///   EXIF orientation       applied (not to pictures with transparency)
///   CMYK                   as the decoder converts it to RGB; a colour profile is not looked at
///   several pictures       the first
/// Refused: none of PNG, JPEG, BMP, WebP, TIFF; over 64 megapixels or 512 MB; cut off; not decodable.
Result<cv::Mat> decode_picture(const std::filesystem::path& file, int channels);

} // namespace ddpm::data
