// How EncodeTool is laid out: the picture and its noised self at the left, what came of it at the right.
#include "stages/denoise/tools/encode_curve.h"
#include "stages/denoise/tools/encode_results.h"
#include "stages/denoise/tools/encode_tool.h"
#include "theme/theme.h"
#include "views/card.h"
#include "views/inspector_form.h"
#include "views/picture_grid.h"
#include "views/wrapping_row.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>

namespace ddpm::ui {
namespace {

constexpr int usualCount = 6;

} // namespace

QWidget* EncodeTool::buildSource() {
    auto* side = new QWidget(this);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    for (PictureGrid* grid : {original_, noised_}) {
        grid->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
        grid->setPlaceholder(1);
    }
    original_->setAccessibleName(tr("The picture x₀"));
    original_->setEmptyText(tr("Open, paste or drop a picture"));
    noised_->setAccessibleName(tr("The picture noised to t"));
    open_->setToolTip(tr("A picture from a file; a dropped one does the same"));
    paste_->setToolTip(tr("The picture on the clipboard (%1)")
                           .arg(QKeySequence(QKeySequence::Paste).toString(QKeySequence::NativeText)));
    random_->setToolTip(tr("Another picture of the data that the model was trained on"));
    random_->setAccessibleName(tr("Another picture"));
    buttons_ = new QHBoxLayout;
    for (QPushButton* button : {open_, paste_, random_})
        buttons_->addWidget(button, 1);
    column->addWidget(originalCaption_);
    column->addWidget(original_, 1);
    column->addLayout(buttons_);
    column->addWidget(noisedCaption_);
    column->addWidget(noised_, 1);
    return side;
}

QWidget* EncodeTool::buildControls() {
    auto* area = new WrappingRow(this);
    depth_->setRange(1, 1000);
    depth_->setValue(500);
    depth_->setToolTip(tr("How deep it is noised: at t = T nothing of it is left"));
    depth_->setAccessibleName(tr("Depth t"));
    depthBox_->setRange(1, 1000);
    depthBox_->setValue(500);
    depthBox_->setPrefix(tr("t = "));
    depthBox_->setKeyboardTracking(false);
    depthBox_->setAccessibleName(tr("Depth t"));
    count_->setRange(1, EncodeResults::most);
    count_->setValue(usualCount);
    count_->setToolTip(tr("How often it is denoised, with other noise each time"));
    count_->setAccessibleName(tr("Results"));
    class_->setToolTip(tr("What the net is told that it draws; none: as it likes"));
    class_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    class_->setMinimumContentsLength(4);
    class_->setAccessibleName(tr("Class"));
    seed_->setRange(0, std::numeric_limits<int>::max());
    seed_->setKeyboardTracking(false);
    seed_->setAccessibleName(tr("Seed"));
    newNoise_->setToolTip(tr("New noise"));
    newNoise_->setAccessibleName(tr("New noise"));
    const auto group = [area](const QString& words, const QList<QWidget*>& widgets, bool stretches = false) {
        auto* made = new QWidget(area);
        auto* row = new QHBoxLayout(made);
        row->setContentsMargins(0, 0, 0, 0);
        if (!words.isEmpty()) {
            auto* label = new QLabel(words, made);
            label->setBuddy(widgets.front());
            row->addWidget(label);
        }
        for (QWidget* widget : widgets)
            row->addWidget(widget, stretches && widget == widgets.front() ? 1 : 0);
        area->add(made, stretches);
        return made;
    };
    group({}, {depth_, depthBox_}, true);
    group(tr("Results"), {count_});
    classGroup_ = group(tr("Class"), {class_});
    group(tr("Seed"), {seed_, newNoise_});
    showClasses(0);
    return area;
}

void EncodeTool::showClasses(int classes) {
    const QSignalBlocker quiet(class_);
    class_->clear();
    if (classes > 0) class_->addItem(tr("none"), noClass);
    for (int i = 0; i < classes; ++i)
        class_->addItem(QString::number(i), i);
    classGroup_->setVisible(classes > 0);
}

void EncodeTool::build() {
    message_->hide();
    source_ = buildSource();
    controls_ = buildControls();
    results_->setAccessibleName(tr("Results"));
    auto* card = new Card(tr("How much is lost"), tr("RMS distance of the results to x₀, by t"), this);
    card->body()->addWidget(curve_, 1);
    auto* right = new QVBoxLayout;
    right->addWidget(controls_);
    right->addWidget(resultsCaption_);
    right->addWidget(results_, 5);
    right->addWidget(card, 3);
    auto* columns = new QHBoxLayout;
    columns->addWidget(source_);
    columns->addLayout(right, 1);
    columns->setObjectName(QStringLiteral("columns"));
    body()->addWidget(message_);
    body()->addLayout(columns, 1);
}

void EncodeTool::restyle() {
    findChild<QHBoxLayout*>(QStringLiteral("columns"))->setSpacing(theme::space(4));
    buttons_->setSpacing(theme::space(1));
    buttons_->setContentsMargins(0, theme::space(1), 0, theme::space(1));
    newNoise_->setIcon(theme::icon(QStringLiteral("random")));
    depth_->setMinimumWidth(theme::space(24));
    seed_->setFixedWidth(theme::space(29)); // whose range is wider than what people type
    fitSource();
}

void EncodeTool::fitSource() {
    const bool narrow = width() < theme::space(130);
    buttons_->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    // Both of its pictures square, one below the other, beside results that have most of the width.
    const int words = 2 * originalCaption_->sizeHint().height() + buttons_->sizeHint().height();
    const int square = (height() - source_->mapTo(this, QPoint()).y() - words) / 2;
    source_->setFixedWidth(std::max(theme::space(narrow ? 36 : 56), std::min(square, width() * 27 / 100)));
}

void EncodeTool::resizeEvent(QResizeEvent* event) {
    Tool::resizeEvent(event);
    fitSource();
}

void EncodeTool::changeEvent(QEvent* event) {
    Tool::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && source_) restyle();
}

} // namespace ddpm::ui
