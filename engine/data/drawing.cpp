#include "data/drawing.h"

#include "data/picture_file.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>

namespace ddpm::data {
namespace {

torch::Tensor to_tensor(const cv::Mat& floats) {
    return torch::from_blob(const_cast<float*>(floats.ptr<float>()), {floats.rows, floats.cols},
                            torch::kFloat32)
        .clone();
}

} // namespace

Result<torch::Tensor> ink_of_text(const std::string& text) {
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    const bool visible = std::any_of(text.begin(), text.end(), [](char c) { return c != ' '; });
    if (!printable)
        return Error{"the text has letters that cannot be drawn", "data.text",
                     "use plain Latin letters, or choose a picture of the text"};
    if (!visible) return Error{"there is nothing to draw", "data.text", "write a word or choose a picture"};
    constexpr double scale = 4.0;
    constexpr int thickness = 14, margin = 2 * thickness, font = cv::FONT_HERSHEY_SIMPLEX;
    int baseline = 0;
    const cv::Size size = cv::getTextSize(text, font, scale, thickness, &baseline);
    cv::Mat page = cv::Mat::zeros(size.height + baseline + 2 * margin, size.width + 2 * margin, CV_8U);
    cv::putText(page, text, {margin, margin + size.height}, font, scale, cv::Scalar(255), thickness,
                cv::LINE_AA);
    cv::Mat ink;
    page.convertTo(ink, CV_32F, 1.0 / 255.0);
    return to_tensor(ink);
}

Result<torch::Tensor> ink_of_picture(const std::filesystem::path& file) {
    Result<cv::Mat> picture = decode_picture(file, 1);
    if (!picture) return picture.error();
    // A thousand pixels a side are finer than any point set shows.
    if (const int longest = std::max(picture->rows, picture->cols); longest > 1000) {
        cv::Mat smaller;
        cv::resize(*picture, smaller, {}, 1000.0 / longest, 1000.0 / longest, cv::INTER_AREA);
        *picture = smaller;
    }
    cv::Mat ink;
    picture->convertTo(ink, CV_32F, -1.0 / 127.5, 1.0);
    ink = cv::max(ink, 0.0);
    if (cv::countNonZero(ink) == 0)
        return Error{"it has no dark pixels", file.string(), "choose a picture that is dark on light"};
    return to_tensor(ink);
}

} // namespace ddpm::data
