#include "stages/noise/state_pane.h"

#include "views/picture_grid.h"
#include "views/picture_image.h"
#include "views/point_cloud_view.h"

#include <QStackedLayout>
#include <QVBoxLayout>

#include <cmath>

namespace ddpm::ui {
namespace {

constexpr double pointRange = 3.0; // one for all, so that the melting is seen as it is
constexpr double equationScale = 1.2;

int belowPane() {
    return theme::space(9);
}

} // namespace

PointCloud pointsOf(std::span<const float> values) {
    PointCloud cloud;
    cloud.xy.assign(values.begin(), values.end());
    return cloud;
}

StatePane::StatePane(math::Expr symbol, const QString& words, Tone tone, QWidget* parent)
    : QWidget(parent), caption_(new PaneCaption(std::move(symbol), words, tone, this)),
      equation_(new EquationView(this)) {
    auto* area = new QWidget(this);
    stack_ = new QStackedLayout(area);
    picture_ = new PictureGrid(area);
    picture_->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    cloud_ = new PointCloudView(area);
    cloud_->setTone(tone);
    cloud_->setRange(pointRange);
    stack_->addWidget(picture_);
    stack_->addWidget(cloud_);
    equation_->setAlignment(Qt::AlignHCenter | Qt::AlignVCenter);
    equation_->setFixedHeight(belowPane());
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(caption_);
    column->addWidget(area, 1);
    column->addWidget(equation_);
    setWords(words);
}

void StatePane::setZoom(GridZoom* zoom) {
    picture_->setZoom(zoom);
    picture_->setValues([this](PixelPlace place, int channel) {
        const QSize size = picture_->pictureSize();
        const int row = place.picture * size.height() + place.row;
        const int at = (row * size.width() + place.column) * picture_->channels() + channel;
        return values_[static_cast<std::size_t>(at)];
    });
}

int StatePane::around() {
    return theme::space(7) + belowPane();
}

void StatePane::setWords(const QString& words) {
    caption_->setWords(words);
    const QString name = words.isEmpty() ? tr("Nothing yet") : words;
    for (QWidget* each : std::initializer_list<QWidget*>{caption_, picture_, cloud_})
        each->setAccessibleName(name);
}

void StatePane::setEquation(const math::Expr& equation, const QString& words, const math::Expr& shortForm) {
    equation_->setEquation(equation, words, equationScale);
    equation_->setShortForm(shortForm);
}

void StatePane::showValues(const ForwardRecord& record, std::span<const float> values) {
    if (record.is_points()) {
        stack_->setCurrentWidget(cloud_);
        cloud_->setPoints(pointsOf(values));
    } else {
        stack_->setCurrentWidget(picture_);
        values_.assign(values.begin(), values.end());
        picture_->setPictures(pictureFromFloats(values.data(), record.height, record.width, record.channels));
    }
    describe(values);
}

void StatePane::showSeveral(const ForwardRecord& record, const std::vector<std::vector<float>>& states) {
    if (record.is_points() || states.size() < 2) {
        showValues(record, states.front());
        return;
    }
    PictureStack all;
    values_.clear();
    for (const std::vector<float>& state : states) {
        values_.insert(values_.end(), state.begin(), state.end());
        PictureStack one = pictureFromFloats(state.data(), record.height, record.width, record.channels);
        if (all.empty()) {
            all = std::move(one);
            continue;
        }
        all.bytes.insert(all.bytes.end(), one.bytes.begin(), one.bytes.end());
        ++all.count;
    }
    stack_->setCurrentWidget(picture_);
    picture_->setPictures(all);
    describe(states.front());
}

void StatePane::showNothing(const QString& words, int count, QSize picture) {
    picture_->clear();
    picture_->setEmptyText(words);
    picture_->setPlaceholder(count, picture);
    cloud_->clear();
    cloud_->setEmptyText(words);
    for (QWidget* view : {static_cast<QWidget*>(picture_), static_cast<QWidget*>(cloud_)})
        view->setAccessibleDescription(words);
}

void StatePane::describe(std::span<const float> values) {
    double sum = 0, squares = 0;
    for (const float value : values) {
        const auto v = static_cast<double>(value);
        sum += v;
        squares += v * v;
    }
    const auto n = static_cast<double>(std::max<std::size_t>(1, values.size()));
    const double mean = sum / n, deviation = std::sqrt(std::max(0.0, squares / n - mean * mean));
    const QString text = tr("%1 values, mean %2, standard deviation %3")
                             .arg(values.size())
                             .arg(QString::number(mean, 'f', 3), QString::number(deviation, 'f', 3));
    for (QWidget* view : {static_cast<QWidget*>(picture_), static_cast<QWidget*>(cloud_)})
        view->setAccessibleDescription(text);
}

} // namespace ddpm::ui
