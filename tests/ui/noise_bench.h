// The Noise stage before an engine that answers like one, and the numbers behind what it draws.
#pragma once

#include "bridge/engine_bridge.h"
#include "stages/noise/noise_form.h"
#include "stages/noise/noise_stage.h"
#include "support/fake_engine.h"
#include "support/plausible.h"
#include "views/picture_grid.h"
#include "views/timeline.h"
#include "views/transport_bar.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QLabel>
#include <QtTest>

#include <algorithm>
#include <cmath>

namespace ddpm::test {

/// A record of a tenth of the steps that are asked for, so that it is small.
inline std::shared_ptr<const ForwardRecord> answer_to(const RunForward& run) {
    return forward_record(run.schedule.timesteps / 10, run.data.is_points() && run.file.empty(), run.id);
}

inline void answer_like_an_engine(FakeEngine& engine,
                                  std::shared_ptr<const ForwardRecord>* newest = nullptr) {
    engine.on_submit([&engine, newest](const Command& command) {
        if (const auto* data = std::get_if<OpenData>(&command)) {
            auto opened = data_opened(data->settings.kind, data->thumbnails);
            opened.id = data->id;
            opened.settings = data->settings;
            engine.emit(opened);
        } else if (const auto* run = std::get_if<RunForward>(&command)) {
            const auto record = answer_to(*run);
            if (newest) *newest = record;
            engine.emit(ForwardReady{record});
        }
    });
}

/// The stage, its inspector and its transport as windows of their own.
struct NoiseBench {
    explicit NoiseBench(bool answering = true) : stage(bridge) {
        if (answering) answer_like_an_engine(engine, &record);
        stage.resize(960, 680);
        stage.show();
        stage.inspector()->resize(290, 1200);
        stage.inspector()->show();
        stage.transport()->resize(960, 56);
        stage.transport()->show();
        settle();
    }
    void settle() {
        for (int i = 0; i < 5; ++i)
            QCoreApplication::processEvents();
    }
    QString readout() const { return stage.bar()->findChild<QLabel*>(QStringLiteral("readout"))->text(); }
    void choose(QComboBox* box, int index) {
        box->setCurrentIndex(index);
        settle();
    }
    void click(QAbstractButton* button) {
        QTest::mouseClick(button, Qt::LeftButton);
        settle();
    }
    void goTo(int t) { // with the mouse
        ui::Timeline* line = stage.bar()->timeline();
        QTest::mouseClick(line, Qt::LeftButton, {}, {line->xOf(t), line->height() / 2});
        settle();
    }

    FakeEngine engine;
    std::shared_ptr<const ForwardRecord> record; // that is on screen
    ui::EngineBridge bridge{engine};
    ui::NoiseStage stage;
};

/// What is drawn for the value of a picture in [-1, 1].
inline int greyOf(double value) {
    return static_cast<int>(std::lround(std::clamp((value + 1) * 127.5, 0.0, 255.0)));
}

/// The grey on screen in the middle of pixel (x, y) of one picture of a grid; pictures of size × size.
inline int greyOnScreen(ui::PictureGrid* grid, int picture, int x, int y, int size = 28) {
    const QRect cell = grid->pictureRect(picture);
    const QImage image = grid->grab(cell).toImage();
    const double side = static_cast<double>(image.width()) / size;
    return qGray(image.pixel(static_cast<int>((x + 0.5) * side), static_cast<int>((y + 0.5) * side)));
}

} // namespace ddpm::test
