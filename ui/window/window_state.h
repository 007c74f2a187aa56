// What the window remembers between two starts. Anything unreadable falls back to its default.
#pragma once

#include "theme/theme.h"

#include <QByteArray>
#include <QSettings>
#include <QStringList>

namespace ddpm::ui {

struct WindowState {
    QByteArray geometry;
    theme::Mode mode = theme::Mode::dark;
    double scale = 1.0;
    int stage = 2; ///< Denoise: what a model can do is the first thing to be seen
    QString runsFolder;
    QStringList recent;  ///< newest first
    int chainMemory = 0; ///< MB that recorded chains may take; 0: the usual
};

constexpr int mostRecent = 8;

/// A file that is not a settings file is set aside as <name>.bad, so that nothing of it is lost.
WindowState readWindowState(const QString& file);
bool writeWindowState(const QString& file, const WindowState& state);
QString defaultStateFile();
void addRecent(WindowState& state, const QString& folder);

} // namespace ddpm::ui
