// The engine's values in the words of the window: one place, so that a data set has one name everywhere.
#pragma once

#include "ddpm/config.h"
#include "ddpm/event.h"

#include <QString>

#include <filesystem>
#include <vector>

namespace ddpm::ui::words {

QString dataSet(DataKind kind);            ///< "MNIST digits"
QString dataSet(const DataSettings& data); ///< what is drawn, too: "Your drawing"
/// What the window offers by name: sets that need no file of the user's.
std::vector<DataKind> offeredDataSets();
QString preset(Preset preset);       ///< "Tiny U-Net"
QString presetHint(Preset preset);   ///< a line for the tool tip
QString schedule(BetaSchedule kind); ///< "cosine"
QString prediction(Prediction kind); ///< "ε (noise)"
QString device(DeviceChoice choice);
QString precision(Precision precision);
QString device(const DeviceInfo& device); ///< "CPU 2 threads"
QString count(std::int64_t value);        ///< with the locale's group separators: "12,480"
QString shortCount(std::int64_t value);   ///< "331k", "35.7M"
QString duration(double seconds);         ///< "1 h 04 min", "3 min 20 s", "12 s"
QString memory(std::uint64_t bytes);      ///< "412 MB"
QString loss(double value);               ///< four significant digits, or "NaN"
QString path(const std::filesystem::path& path);
/// `name` in the user's folder for pictures, or in the home folder where there is none.
QString pictureFile(const QString& name);
/// "MNIST digits · Tiny U-Net 331k · cosine v · CPU 2 threads"
QString summary(const RunSettings& settings, std::int64_t parameters, const DeviceInfo& device);

} // namespace ddpm::ui::words
