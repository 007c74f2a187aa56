// Whatever a person may do, for as long as is asked: seeded random clicks, drags, keys, wheels and resizes on
// the real window over the real engine. Nothing may crash or hang, and memory must stay where it is.
//   DDPM_SOAK_MINUTES=30 DDPM_SOAK_SEED=1 soak_window
#include "live_window.h"

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QMenu>
#include <QPointer>
#include <QSpinBox>
#include <QTest>
#include <QTimer>
#include <QWheelEvent>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <malloc.h>
#include <random>
#include <string>
#include <vector>

using namespace ddpm;
using namespace ddpm::ui;

namespace {

constexpr double usual_minutes = 0.4;
constexpr std::size_t chain_memory = 64u << 20; ///< small, so that its limit is met again and again

double setting(const char* name, double otherwise) {
    bool given = false;
    const double value = qEnvironmentVariable(name).toDouble(&given);
    return given ? value : otherwise;
}

double resident_megabytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmRSS:", 0) == 0) return std::stod(line.substr(6)) / 1024;
    return 0;
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
}

} // namespace

class SoakWindow : public QObject {
    Q_OBJECT

    std::unique_ptr<test::LiveWindow> live_;
    EngineBridge* bridge_ = nullptr; // of live_
    MainWindow* window_ = nullptr;   // of live_
    std::mt19937_64 random_{static_cast<std::uint64_t>(setting("DDPM_SOAK_SEED", 1))};
    std::vector<double> taken_;  ///< ms that an action took, with what it led to at once
    std::vector<double> memory_; ///< MB, every five seconds
    std::function<void()> end_;
    QElapsedTimer clock_, said_;
    std::int64_t actions_ = 0;
    double minutes_ = 0;
    int failures_ = 0;
    int depth_ = 0; ///< actions within one another: a menu's loop runs inside the action that opened it

    int below(int limit) {
        return static_cast<int>(random_() % static_cast<std::uint64_t>(std::max(1, limit)));
    }

    /// Where a person could point at now: of a dialog or menu that is open, else of the window.
    QWidget* ground() const {
        if (QWidget* popup = QApplication::activePopupWidget()) return popup;
        if (QWidget* modal = QApplication::activeModalWidget()) return modal;
        return window_;
    }

    QWidget* any_widget() {
        std::vector<QWidget*> found;
        for (QWidget* widget : ground()->findChildren<QWidget*>())
            if (widget->isVisible() && widget->isEnabled() && !widget->visibleRegion().isEmpty() &&
                widget->findChildren<QWidget*>(Qt::FindDirectChildrenOnly).isEmpty())
                found.push_back(widget);
        return found.empty() ? nullptr
                             : found[static_cast<std::size_t>(below(static_cast<int>(found.size())))];
    }

    QPoint point_in(const QWidget* widget) {
        const QRect area = widget->visibleRegion().boundingRect();
        return {area.left() + below(area.width()), area.top() + below(area.height())};
    }

    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QWidget* focus = QApplication::focusWidget();
        QTest::keyClick(focus && focus->isVisible() ? focus : ground(), key, modifiers);
    }

    void click() {
        if (QWidget* widget = any_widget())
            QTest::mouseClick(widget, below(12) == 0 ? Qt::RightButton : Qt::LeftButton, {},
                              point_in(widget));
    }

    void drag() {
        QWidget* widget = any_widget();
        if (!widget) return;
        const QPointer<QWidget> alive = widget;
        const QPoint to = point_in(widget);
        QTest::mousePress(widget, Qt::LeftButton, {}, point_in(widget));
        for (int i = 1; i <= 4 && alive; ++i)
            QTest::mouseMove(widget, to * i / 4);
        if (alive) QTest::mouseRelease(widget, Qt::LeftButton, {}, to);
    }

    void wheel() {
        QWidget* widget = any_widget();
        if (!widget) return;
        const QPoint at = point_in(widget);
        QWheelEvent event(at, widget->mapToGlobal(at), {}, {0, below(2) == 0 ? 120 : -120}, Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(widget, &event);
    }

    void key() {
        constexpr Qt::Key keys[] = {Qt::Key_Space,  Qt::Key_Left,   Qt::Key_Right,  Qt::Key_Up,
                                    Qt::Key_Down,   Qt::Key_Home,   Qt::Key_End,    Qt::Key_Tab,
                                    Qt::Key_Plus,   Qt::Key_Minus,  Qt::Key_Escape, Qt::Key_PageUp,
                                    Qt::Key_Delete, Qt::Key_Backtab};
        press(keys[below(static_cast<int>(std::size(keys)))]);
    }

    void shortcut() {
        constexpr Qt::Key keys[] = {Qt::Key_1, Qt::Key_2, Qt::Key_3, Qt::Key_Z, Qt::Key_Y, Qt::Key_C};
        press(keys[below(static_cast<int>(std::size(keys)))], Qt::ControlModifier);
    }

    /// A dialog is looked at, used a little, and closed without doing what it is for: files are not the
    /// subject here.
    void leave_dialogs() {
        while (QWidget* popup = QApplication::activePopupWidget())
            if (!popup->close()) break;
        // A dialog whose own menu still runs its loop, from which this is called, cannot be left: nor could a
        // person.
        if (depth_ > 1) return;
        for (QDialog* dialog : window_->findChildren<QDialog*>())
            if (dialog->isVisible()) dialog->reject();
    }

    void act() {
        if (depth_ > 1 && !QApplication::activePopupWidget()) return; // that loop is about to end
        if (ground() != window_ && below(3) == 0) return leave_dialogs();
        const int what = below(100);
        if (what < 50)
            click();
        else if (what < 65)
            key();
        else if (what < 77)
            drag();
        else if (what < 84)
            wheel();
        else if (what < 92)
            shortcut();
        else if (what < 95)
            window_->resize(1024 + below(900), 640 + below(440));
        else if (what < 98)
            leave_dialogs();
        else
            window_->goToStage(below(3));
    }

    double passed() const { return static_cast<double>(clock_.elapsed()) / 60'000; }

    /// One action. The next is planned first: a menu may run an event loop of its own until one closes it.
    void turn() {
        if (passed() >= minutes_) {
            leave_dialogs();
            QTimer::singleShot(0, this, end_); // after whatever loop of a menu this was called from
            return;
        }
        QTimer::singleShot(below(20), this, &SoakWindow::turn);
        QElapsedTimer taken;
        taken.start();
        ++depth_;
        act();
        --depth_;
        ++actions_;
        taken_.push_back(static_cast<double>(taken.nsecsElapsed()) / 1e6);
        if (actions_ % 50 == 0) keep_it_small();
        if (!window_->isVisible()) { // a menu's Quit was hit
            leave_dialogs();
            window_->show();
        }
        if (said_.elapsed() < 5000) return;
        said_.restart();
        memory_.push_back(resident_megabytes());
        std::printf("%6.1f min  %8lld actions  %7.0f MB  %d errors said\n", passed(),
                    static_cast<long long>(actions_), memory_.back(), failures_);
        std::fflush(stdout);
    }

    /// Counts and sizes that would keep two cores busy for an hour are brought back.
    void keep_it_small() {
        for (QSpinBox* box : window_->findChildren<QSpinBox*>())
            if (box->value() > 4000 && box->maximum() > 4000 && box->isEnabled() && box->minimum() <= 16)
                box->setValue(std::max(box->minimum(), 16));
    }

private Q_SLOTS:
    void initTestCase() {
        QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
        mallopt(M_ARENA_MAX, 2); // as the program does not need to, a check of memory does
        EngineOptions options;
        options.chain_memory = chain_memory;
        live_ = std::make_unique<test::LiveWindow>(options);
        bridge_ = live_->bridge();
        window_ = live_->window();
        connect(bridge_, &EngineBridge::failed, this, [this](const Failed&) { ++failures_; });
        QVERIFY(live_->show());
        live_->open_digits();
    }

    void nothing_breaks() {
        const double minutes = setting("DDPM_SOAK_MINUTES", usual_minutes);
        clock_.start();
        said_.start();
        QEventLoop until_the_end;
        end_ = [&] { until_the_end.quit(); };
        minutes_ = minutes;
        QTimer::singleShot(0, this, &SoakWindow::turn);
        until_the_end.exec();
        const std::vector<double>& memory = memory_;
        leave_dialogs();
        std::sort(taken_.begin(), taken_.end());
        const auto third = static_cast<std::ptrdiff_t>(memory.size() / 3);
        const double early = median({memory.begin() + third, memory.begin() + 2 * third}),
                     late = median({memory.begin() + 2 * third, memory.end()});
        std::printf(
            "soak: %lld actions in %.1f min; memory %.0f MB in the middle third, %.0f MB in the last; "
            "an action took %.1f ms (median), %.1f ms (99 %%)\n",
            static_cast<long long>(actions_), passed(), early, late, taken_[taken_.size() / 2],
            taken_[taken_.size() * 99 / 100]);
        // Over minutes there is nothing to be said about memory; over a quarter of an hour it must be flat.
        if (minutes >= 15) QVERIFY2(late < 1.1 * early + 20, "memory grows");
    }

    void the_engine_still_answers() {
        bool answered = false;
        const std::uint64_t id = bridge_->newId();
        connect(bridge_, &EngineBridge::dataOpened, this,
                [&](const DataOpened& opened) { answered = answered || opened.id == id; });
        OpenData question;
        question.id = id;
        bridge_->submit(question);
        QTRY_VERIFY_WITH_TIMEOUT(answered, 60'000);
    }

    void cleanupTestCase() { live_.reset(); }
};

int main(int argc, char** argv) {
    qputenv("QTEST_FUNCTION_TIMEOUT", "86400000"); // Qt Test's own patience ends after five minutes
    QApplication application(argc, argv);
    SoakWindow soak;
    return QTest::qExec(&soak, argc, argv);
}
#include "soak_window.moc"
