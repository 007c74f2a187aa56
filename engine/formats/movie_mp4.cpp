// MP4 by OpenCV's writer, which needs a file: one in the folder for temporary files, read back when complete.
#include "formats/movie_writers.h"

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace ddpm::formats {
namespace {

Error cannot_encode() {
    return Error{"this machine's video library cannot write H.264", "", "choose GIF or animated PNG"};
}

class Mp4 final : public MovieWriter {
public:
    Mp4(int width, int height) : width_((width + 1) / 2 * 2), height_((height + 1) / 2 * 2) {}
    ~Mp4() override {
        writer_.release();
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }
    Mp4(const Mp4&) = delete;
    Mp4& operator=(const Mp4&) = delete;

    Status open() {
        std::error_code error;
        std::string name = (std::filesystem::temp_directory_path(error) / "ddpm-lab-XXXXXX").string();
        if (error || mkdtemp(name.data()) == nullptr)
            return Error{"there is no room for a temporary file", name, "set TMPDIR to a folder with room"};
        folder_ = name;
        try {
            writer_.open((folder_ / "film.mp4").string(), cv::CAP_FFMPEG,
                         cv::VideoWriter::fourcc('a', 'v', 'c', '1'), movie_rate, {width_, height_}, true);
        } catch (const cv::Exception&) {
            return cannot_encode();
        }
        if (!writer_.isOpened()) return cannot_encode();
        return Done{};
    }

    Status add(const PictureStack& picture, int ticks) override {
        const cv::Mat given(picture.height, picture.width, picture.channels == 3 ? CV_8UC3 : CV_8UC1,
                            const_cast<std::uint8_t*>(picture.bytes.data()));
        cv::Mat frame = cv::Mat::zeros(height_, width_, CV_8UC3);
        cv::Mat part = frame(cv::Rect(0, 0, picture.width, picture.height));
        cv::cvtColor(given, part, picture.channels == 3 ? cv::COLOR_RGB2BGR : cv::COLOR_GRAY2BGR);
        for (int i = 0; i < ticks; ++i)
            writer_.write(frame);
        return Done{};
    }

    Result<std::string> finish() override {
        writer_.release();
        std::ifstream file(folder_ / "film.mp4", std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(file)), {});
        if (bytes.empty()) return cannot_encode();
        if (Status fits = too_large(bytes.size()); !fits) return fits.error();
        return bytes;
    }

private:
    int width_, height_;
    std::filesystem::path folder_;
    cv::VideoWriter writer_;
};

} // namespace

Result<std::unique_ptr<MovieWriter>> make_mp4(int width, int height) {
    auto mp4 = std::make_unique<Mp4>(width, height);
    if (Status opened = mp4->open(); !opened) return opened.error();
    return std::unique_ptr<MovieWriter>(std::move(mp4));
}

} // namespace ddpm::formats
