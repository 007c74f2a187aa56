#include "window/window_state.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

QString nameOf(theme::Mode mode) {
    switch (mode) {
    case theme::Mode::system:
        return QStringLiteral("system");
    case theme::Mode::light:
        return QStringLiteral("light");
    case theme::Mode::dark:
        break;
    }
    return QStringLiteral("dark");
}

/// QSettings reads nearly anything without complaint: a file of ours starts with a section and has no zero
/// bytes.
bool looksLikeOurs(const QString& file) {
    QFile source(file);
    if (!source.open(QIODevice::ReadOnly)) return true; // absent: nothing to set aside
    const QByteArray start = source.read(64 * 1024);
    return start.isEmpty() || (start.startsWith('[') && !start.contains('\0'));
}

} // namespace

QString defaultStateFile() {
    return QDir(QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation))
        .filePath(QStringLiteral("ddpm-lab/window.ini"));
}

WindowState readWindowState(const QString& file) {
    WindowState state;
    if (!looksLikeOurs(file)) {
        QFile::remove(file + QStringLiteral(".bad"));
        QFile::rename(file, file + QStringLiteral(".bad"));
        return state;
    }
    const QSettings settings(file, QSettings::IniFormat);
    if (settings.status() != QSettings::NoError) return state;
    state.geometry = settings.value(QStringLiteral("window/geometry")).toByteArray();
    const QString mode = settings.value(QStringLiteral("window/theme")).toString();
    for (const theme::Mode candidate : {theme::Mode::system, theme::Mode::light, theme::Mode::dark})
        if (mode == nameOf(candidate)) state.mode = candidate;
    bool ok = false;
    const double scale = settings.value(QStringLiteral("window/scale")).toDouble(&ok);
    if (ok && std::isfinite(scale) && scale >= 1 && scale <= 2) state.scale = scale;
    const int stage = settings.value(QStringLiteral("window/stage")).toInt(&ok);
    if (ok && stage >= 0 && stage <= 2) state.stage = stage;
    const int memory = settings.value(QStringLiteral("chains/memory")).toInt(&ok);
    if (ok && memory > 0) state.chainMemory = memory;
    const QString runs = settings.value(QStringLiteral("runs/folder")).toString();
    if (QFileInfo(runs).isAbsolute()) state.runsFolder = runs;
    const QStringList recent = settings.value(QStringLiteral("runs/recent")).toStringList();
    for (const QString& folder : recent)
        if (state.recent.size() < mostRecent && QFileInfo(folder).isAbsolute()) state.recent << folder;
    return state;
}

bool writeWindowState(const QString& file, const WindowState& state) {
    QDir().mkpath(QFileInfo(file).absolutePath());
    QSettings settings(file, QSettings::IniFormat);
    settings.setValue(QStringLiteral("window/geometry"), state.geometry);
    settings.setValue(QStringLiteral("window/theme"), nameOf(state.mode));
    settings.setValue(QStringLiteral("window/scale"), state.scale);
    settings.setValue(QStringLiteral("window/stage"), state.stage);
    settings.setValue(QStringLiteral("chains/memory"), state.chainMemory);
    settings.setValue(QStringLiteral("runs/folder"), state.runsFolder);
    settings.setValue(QStringLiteral("runs/recent"), state.recent);
    settings.sync();
    return settings.status() == QSettings::NoError;
}

void addRecent(WindowState& state, const QString& folder) {
    state.recent.removeAll(folder);
    state.recent.prepend(folder);
    while (state.recent.size() > mostRecent)
        state.recent.removeLast();
}

} // namespace ddpm::ui
