// The loss as a picture, for machines without a window.
#include "formats/picture_grid.h"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace ddpm::formats {
namespace {

constexpr int font = cv::FONT_HERSHEY_SIMPLEX;
constexpr int sub_pixel_bits = 4; ///< lines are drawn in sixteenths of a pixel
const cv::Scalar paper(255, 255, 255), grid_line(226, 226, 226), frame(150, 150, 150), words(60, 60, 60);
const cv::Scalar raw_line(176, 200, 232), smooth_line(24, 90, 188); // red, green, blue

struct Range {
    double low = 0, high = 1;

    double part(double value) const { return (value - low) / (high - low); }
};

/// 1, 2 or 5 times a power of ten: at most `most` steps over the range.
double round_step(double length, int most) {
    const double least = length / most;
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= least) return factor * power;
    return 10.0 * power;
}

class Chart {
public:
    Chart(int width, int height)
        : image_(height, width, CV_8UC3, paper), area_(78, 34, width - 78 - 24, height - 34 - 52) {}

    void axes(const Range& steps, const Range& decades) {
        steps_ = steps;
        decades_ = decades;
        const int right = area_.x + area_.width, bottom = area_.y + area_.height;
        const double step = std::max(1.0, round_step(steps.high - steps.low, 8));
        for (double at = std::ceil(steps.low / step) * step; at <= steps.high + 1e-9; at += step) {
            const int x = cvRound(column(at));
            cv::line(image_, {x, area_.y}, {x, bottom}, grid_line);
            label(step_text(at), {x, bottom + 20}, 0.5);
        }
        // Every power of ten, and where there is room what lies between.
        const bool fine = decades.high - decades.low < 3;
        for (int decade = static_cast<int>(std::floor(decades.low)); decade <= decades.high; ++decade)
            for (const int factor : {1, 2, 5}) {
                const double value = factor * std::pow(10.0, decade);
                if (std::log10(value) < decades.low - 1e-9 || std::log10(value) > decades.high + 1e-9)
                    continue;
                if (factor != 1 && !fine) continue;
                const int y = cvRound(row(value));
                cv::line(image_, {area_.x, y}, {right, y}, grid_line);
                label(fmt::format("{:g}", value), {area_.x - 8, y + 4}, 1.0);
            }
        cv::rectangle(image_, area_, frame);
        label("step", {area_.x + area_.width / 2, image_.rows - 10}, 0.5);
        label("loss (mean squared error, log scale)", {area_.x, 22}, 0.0);
    }

    void line(const std::vector<double>& steps, const std::vector<double>& losses, const cv::Scalar& colour,
              int thickness) {
        std::vector<cv::Point> run;
        const auto draw = [&] {
            if (run.size() == 1)
                cv::circle(image_, run[0], 2 << sub_pixel_bits, colour, cv::FILLED, cv::LINE_AA,
                           sub_pixel_bits);
            if (run.size() > 1)
                cv::polylines(image_, run, false, colour, thickness, cv::LINE_AA, sub_pixel_bits);
            run.clear();
        };
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (!(losses[i] > 0) || !std::isfinite(losses[i])) {
                draw(); // a gap where there is no number
                continue;
            }
            run.emplace_back(cvRound(column(steps[i]) * (1 << sub_pixel_bits)),
                             cvRound(row(losses[i]) * (1 << sub_pixel_bits)));
        }
        draw();
    }

    void legend() {
        const int right = area_.x + area_.width;
        entry({right - 250, 18}, "each step", raw_line, 1);
        entry({right - 125, 18}, "smoothed", smooth_line, 2);
    }

    void message(const std::string& text) {
        label(text, {area_.x + area_.width / 2, area_.y + area_.height / 2}, 0.5);
    }

    PictureStack picture() const {
        PictureStack stack{1, image_.rows, image_.cols, 3, {}};
        stack.bytes.assign(image_.datastart, image_.dataend);
        return stack;
    }

private:
    double column(double step) const { return area_.x + steps_.part(step) * area_.width; }
    double row(double loss) const { return area_.y + (1.0 - decades_.part(std::log10(loss))) * area_.height; }

    static std::string step_text(double step) {
        if (step >= 1e6) return fmt::format("{:g}M", step / 1e6);
        return step >= 1e4 ? fmt::format("{:g}k", step / 1e3) : fmt::format("{:g}", step);
    }
    /// `at` is on the base line; `before` is the part of the text left of it.
    void label(const std::string& text, cv::Point at, double before) {
        int baseline = 0;
        const cv::Size size = cv::getTextSize(text, font, 0.45, 1, &baseline);
        cv::putText(image_, text, {at.x - cvRound(size.width * before), at.y}, font, 0.45, words, 1,
                    cv::LINE_AA);
    }
    void entry(cv::Point at, const std::string& text, const cv::Scalar& colour, int thickness) {
        cv::line(image_, at, {at.x + 24, at.y}, colour, thickness + 1, cv::LINE_AA);
        label(text, {at.x + 32, at.y + 4}, 0.0);
    }

    cv::Mat image_; ///< red, green, blue
    cv::Rect area_;
    Range steps_, decades_;
};

/// Exponential moving average, without the pull of its start; gaps stay gaps.
std::vector<double> smoothed(const std::vector<double>& losses) {
    const double keep = 1.0 - 1.0 / std::max(2.0, std::min(50.0, static_cast<double>(losses.size()) / 50.0));
    double sum = 0, weight = 0;
    std::vector<double> result;
    for (const double loss : losses) {
        if (!(loss > 0) || !std::isfinite(loss)) {
            result.push_back(std::numeric_limits<double>::quiet_NaN());
            continue;
        }
        sum = keep * sum + (1 - keep) * loss;
        weight = keep * weight + (1 - keep);
        result.push_back(sum / weight);
    }
    return result;
}

} // namespace

PictureStack draw_loss_curve(const std::vector<double>& steps, const std::vector<double>& losses, int width,
                             int height) {
    if (steps.size() != losses.size()) throw std::invalid_argument("draw_loss_curve: one loss a step");
    if (width < 320 || height < 200 || width > 16'384 || height > 16'384)
        throw std::invalid_argument("draw_loss_curve: the picture must have 320×200 to 16384×16384 pixels");
    Chart chart(width, height);
    Range span{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    Range decades = span;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (!(losses[i] > 0) || !std::isfinite(losses[i])) continue;
        span = {std::min(span.low, steps[i]), std::max(span.high, steps[i])};
        decades = {std::min(decades.low, std::log10(losses[i])),
                   std::max(decades.high, std::log10(losses[i]))};
    }
    if (span.low > span.high) {
        chart.axes({0, 1}, {-2, 0});
        chart.message("no loss yet");
        return chart.picture();
    }
    if (span.high - span.low < 1) span = {span.low - 0.5, span.high + 0.5};
    const double room = std::max(0.05, 0.05 * (decades.high - decades.low));
    chart.axes(span, {decades.low - room, decades.high + room});
    chart.line(steps, losses, raw_line, 1);
    chart.line(steps, smoothed(losses), smooth_line, 2);
    chart.legend();
    return chart.picture();
}

} // namespace ddpm::formats
