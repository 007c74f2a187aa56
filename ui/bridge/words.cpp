#include "bridge/words.h"

#include <QCoreApplication>
#include <QDir>
#include <QLocale>
#include <QStandardPaths>

#include <cmath>

namespace ddpm::ui::words {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("words", text);
}

} // namespace

QString dataSet(DataKind kind) {
    switch (kind) {
    case DataKind::mnist:
        return tr("MNIST digits");
    case DataKind::fashion_mnist:
        return tr("Fashion-MNIST");
    case DataKind::cifar10:
        return tr("CIFAR-10");
    case DataKind::emoji:
        return tr("Emoji");
    case DataKind::picture_folder:
        return tr("Folder of pictures");
    case DataKind::array_file:
        return tr("NPY or NPZ file");
    case DataKind::two_moons:
        return tr("Two moons");
    case DataKind::swiss_roll:
        return tr("Swiss roll");
    case DataKind::checkerboard:
        return tr("Checkerboard");
    case DataKind::eight_gaussians:
        return tr("Eight Gaussians");
    case DataKind::drawing:
        return tr("Your drawing");
    }
    return {};
}

QString dataSet(const DataSettings& data) {
    if (data.kind != DataKind::drawing) return dataSet(data.kind);
    if (!data.sketch.empty()) return tr("Your drawing");
    if (!data.picture.empty()) return QString::fromStdString(data.picture.filename().string());
    //: a data set of points that form this text
    return tr("“%1” in points").arg(QString::fromStdString(data.text));
}

std::vector<DataKind> offeredDataSets() {
    std::vector<DataKind> kinds;
    for (const DataKind kind : all_values<DataKind>())
        if (kind != DataKind::cifar10 && kind != DataKind::emoji && kind != DataKind::picture_folder &&
            kind != DataKind::array_file)
            kinds.push_back(kind);
    return kinds;
}

QString preset(Preset value) {
    switch (value) {
    case Preset::points:
        return tr("Points MLP");
    case Preset::tiny:
        return tr("Tiny U-Net");
    case Preset::small:
        return tr("Small U-Net");
    case Preset::paper:
        return tr("Paper U-Net");
    }
    return {};
}

QString presetHint(Preset value) {
    switch (value) {
    case Preset::points:
        return tr("A small net for points in the plane: trains in seconds.");
    case Preset::tiny:
        return tr("Digits within minutes on two CPU cores.");
    case Preset::small:
        return tr("About 1.1 million parameters: better digits, several times slower.");
    case Preset::paper:
        return tr("The net of the paper, 35.7 million parameters: wants a GPU.");
    }
    return {};
}

QString schedule(BetaSchedule kind) {
    switch (kind) {
    case BetaSchedule::linear:
        return tr("linear β");
    case BetaSchedule::cosine:
        return tr("cosine");
    case BetaSchedule::quadratic:
        return tr("quadratic β");
    case BetaSchedule::constant:
        return tr("constant β");
    case BetaSchedule::jsd:
        return tr("JSD");
    case BetaSchedule::warmup10:
        return tr("warm-up 10 %");
    case BetaSchedule::warmup50:
        return tr("warm-up 50 %");
    case BetaSchedule::sigmoid:
        return tr("sigmoid β");
    case BetaSchedule::list:
        return tr("own list of β");
    }
    return {};
}

QString prediction(Prediction kind) {
    switch (kind) {
    case Prediction::epsilon:
        return tr("ε");
    case Prediction::v:
        return tr("v");
    case Prediction::x0:
        return tr("x₀");
    case Prediction::mu:
        return tr("μ̃");
    }
    return {};
}

QString device(DeviceChoice choice) {
    switch (choice) {
    case DeviceChoice::automatic:
        return tr("Automatic");
    case DeviceChoice::cpu:
        return tr("CPU");
    case DeviceChoice::cuda:
        return tr("CUDA (GPU)");
    }
    return {};
}

QString precision(Precision precision) {
    switch (precision) {
    case Precision::automatic:
        return tr("Automatic");
    case Precision::fp32:
        return tr("fp32");
    case Precision::bf16:
        return tr("bf16");
    case Precision::tf32:
        return tr("tf32");
    }
    return {};
}

QString device(const DeviceInfo& info) {
    if (info.detail.empty()) return QString::fromStdString(info.name);
    //: a device and its details, e.g. CPU and "2 threads, fp32"
    return tr("%1 %2").arg(QString::fromStdString(info.name), QString::fromStdString(info.detail));
}

QString count(std::int64_t value) {
    return QLocale().toString(static_cast<qlonglong>(value));
}

QString shortCount(std::int64_t value) {
    const auto number = static_cast<double>(value);
    if (value >= 1'000'000)
        return tr("%1M").arg(QLocale().toString(number / 1e6, 'f', value >= 100'000'000 ? 0 : 1));
    if (value >= 10'000) return tr("%1k").arg(QLocale().toString(number / 1e3, 'f', 0));
    if (value >= 1000) return tr("%1k").arg(QLocale().toString(number / 1e3, 'f', 1));
    return QLocale().toString(static_cast<qlonglong>(value));
}

QString duration(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return tr("–");
    const auto whole = static_cast<long long>(std::llround(seconds));
    const auto two = [](long long n) { return QStringLiteral("%1").arg(n, 2, 10, QLatin1Char('0')); };
    if (whole < 60) return tr("%1 s").arg(whole);
    if (whole < 3600) return tr("%1 min %2 s").arg(whole / 60).arg(two(whole % 60));
    if (whole < 86'400) return tr("%1 h %2 min").arg(whole / 3600).arg(two(whole % 3600 / 60));
    return tr("%1 d %2 h").arg(whole / 86'400).arg(two(whole % 86'400 / 3600));
}

QString memory(std::uint64_t bytes) {
    const auto number = static_cast<double>(bytes);
    if (number >= 1e9) return tr("%1 GB").arg(QLocale().toString(number / 1e9, 'f', 1));
    return tr("%1 MB").arg(QLocale().toString(number / 1e6, 'f', 0));
}

QString loss(double value) {
    if (!std::isfinite(value)) return tr("NaN");
    return value >= 1e-3 && value < 100 ? QLocale().toString(value, 'f', value < 1 ? 4 : 3)
                                        : QLocale().toString(value, 'e', 2);
}

QString pictureFile(const QString& name) {
    QString folder = QStandardPaths::writableLocation(QStandardPaths::PicturesLocation);
    if (!QDir(folder).exists()) folder = QDir::homePath();
    return QDir(folder).filePath(name);
}

QString path(const std::filesystem::path& value) {
    return QDir::toNativeSeparators(QString::fromStdString(value.string()));
}

QString summary(const RunSettings& settings, std::int64_t parameters, const DeviceInfo& info) {
    //: data set · net and its number of parameters · noise schedule and prediction · device
    return tr("%1 · %2 %3 · %4 %5 · %6")
        .arg(dataSet(settings.data), preset(settings.preset), shortCount(parameters),
             schedule(settings.diffusion.schedule.kind), prediction(settings.diffusion.prediction),
             device(info));
}

} // namespace ddpm::ui::words
