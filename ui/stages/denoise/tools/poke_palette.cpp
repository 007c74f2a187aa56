#include "stages/denoise/tools/poke_palette.h"

#include "theme/theme.h"

#include <QButtonGroup>
#include <QColorDialog>
#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace ddpm::ui {
namespace {

constexpr int largestBrush = 9, usualBrush = 3;
constexpr int leastOpacity = 5; // per cent
enum Row { sizeRow, brightnessRow, opacityRow, viewRow };

/// [-1, 1] from per cent.
float contentOf(int percent) {
    return static_cast<float>(percent) / 50.0F - 1.0F;
}

float contentOf(float part) {
    return part * 2 - 1;
}

} // namespace

PokePalette::PokePalette(QWidget* parent)
    : QWidget(parent), chosen_(QColor::fromRgbF(1, 1, 1)), tools_(new QButtonGroup(this)),
      grid_(new QGridLayout), rows_(new QGridLayout), file_(new QPushButton(tr("Picture…"), this)),
      clipboard_(new QPushButton(tr("Paste"), this)), place_(new QPushButton(tr("Place"), this)),
      cancel_(new QPushButton(tr("Cancel"), this)), colour_(new QPushButton(tr("Colour…"), this)),
      view_(new QComboBox(this)) {
    const auto addTool = [this](Kind kind, const QString& name, const QString& icon, const QString& toolTip) {
        auto* button = new QPushButton(name, this);
        button->setCheckable(true);
        button->setProperty("role", "toggle");
        button->setProperty("icon-name", icon);
        button->setToolTip(toolTip);
        button->setAccessibleDescription(toolTip);
        tools_->addButton(button, static_cast<int>(kind));
        const int place = static_cast<int>(kind);
        grid_->addWidget(button, place / 2, place % 2);
    };
    addTool(Kind::brush, tr("Brush"), QStringLiteral("brush"),
            tr("Paints content and leaves each pixel its noise: x = √ᾱ v + √(1−ᾱ) ε"));
    addTool(Kind::eraser, tr("Eraser"), QStringLiteral("eraser"),
            tr("Takes the content away (v = 0) and leaves the noise"));
    addTool(Kind::renoise, tr("Re-noise"), QStringLiteral("noise"),
            tr("Keeps the content x̂₀ and draws the noise anew"));
    addTool(Kind::restore, tr("Restore"), QStringLiteral("restart"), tr("Back to how it was"));
    toolButton(Kind::brush)->setChecked(true);

    file_->setToolTip(tr("Place a picture from a file; a dropped one does the same"));
    clipboard_->setToolTip(tr("Place the picture on the clipboard (%1)")
                               .arg(QKeySequence(QKeySequence::Paste).toString(QKeySequence::NativeText)));
    place_->setToolTip(tr("Blend it in where it is (Enter)"));
    place_->setProperty("role", "primary");
    cancel_->setToolTip(tr("Leave the state as it was (Esc)"));
    auto* pasteArea = new QWidget(this);
    paste_ = new QStackedLayout(pasteArea);
    const auto addPair = [this](QPushButton* left, QPushButton* right) {
        auto* pair = new QWidget(this);
        auto* row = new QHBoxLayout(pair);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(theme::space(1));
        row->addWidget(left, 1);
        row->addWidget(right, 1);
        paste_->addWidget(pair);
    };
    addPair(file_, clipboard_);
    addPair(place_, cancel_);
    pasteArea->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);

    size_ = addSlider(tr("Size"), 1, largestBrush, usualBrush, tr("Pixels across; [ and ] on the canvas"));
    brightness_ = addSlider(tr("Brightness"), 0, 100, 100,
                            tr("Of the content: 0 % is −1, 100 % is +1. A right click on the canvas takes it "
                               "from there"));
    opacity_ = addSlider(tr("Opacity"), leastOpacity, 100, 100, tr("How much of it covers what was there"));
    colour_->setToolTip(tr("The colour of the content; a right click on the canvas takes it from there"));
    rows_->addWidget(colour_, brightnessRow, 1, 1, 2);
    colour_->hide();
    view_->addItem(tr("both"), static_cast<int>(View::both));
    view_->addItem(tr("xₜ alone"), static_cast<int>(View::state));
    view_->addItem(tr("content alone"), static_cast<int>(View::content));
    view_->setAccessibleName(tr("What is shown to paint on"));
    view_->setToolTip(tr("The state, its content (xₜ − √(1−ᾱ) ε) / √ᾱ, or both: painting works on either"));
    auto* viewWords = new QLabel(tr("Show"), this);
    viewWords->setBuddy(view_);
    rows_->addWidget(viewWords, viewRow, 0);
    rows_->addWidget(view_, viewRow, 1, 1, 2);
    rows_->setColumnStretch(1, 1);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(grid_);
    column->addWidget(pasteArea);
    column->addLayout(rows_);
    column->addStretch(1);

    connect(tools_, &QButtonGroup::idToggled, this, [this](int, bool on) {
        if (on) showNumbers();
    });
    for (QSlider* slider : std::as_const(sliders_))
        connect(slider, &QSlider::valueChanged, this, &PokePalette::showNumbers);
    connect(view_, &QComboBox::currentIndexChanged, this, &PokePalette::viewChanged);
    connect(colour_, &QPushButton::clicked, this, &PokePalette::chooseColour);
    connect(file_, &QPushButton::clicked, this, &PokePalette::fileRequested);
    connect(clipboard_, &QPushButton::clicked, this, &PokePalette::clipboardRequested);
    connect(place_, &QPushButton::clicked, this, &PokePalette::placeRequested);
    connect(cancel_, &QPushButton::clicked, this, &PokePalette::cancelRequested);
    restyle();
    showNumbers();
}

QSlider* PokePalette::addSlider(const QString& name, int low, int high, int value, const QString& toolTip) {
    const int row = static_cast<int>(sliders_.size());
    auto* words = new QLabel(name, this);
    auto* slider = new QSlider(Qt::Horizontal, this);
    auto* number = new QLabel(this);
    slider->setRange(low, high);
    slider->setValue(value);
    slider->setPageStep(std::max(1, (high - low) / 8));
    slider->setAccessibleName(name);
    slider->setToolTip(toolTip);
    words->setToolTip(toolTip);
    words->setBuddy(slider);
    number->setProperty("role", "number");
    number->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    rows_->addWidget(words, row, 0);
    rows_->addWidget(slider, row, 1);
    rows_->addWidget(number, row, 2);
    sliders_.append(slider);
    words_.append(words);
    numbers_.append(number);
    return slider;
}

void PokePalette::setChannels(int channels) {
    channels_ = channels;
    const bool colour = channels == 3;
    words_[brightnessRow]->setText(colour ? tr("Colour") : tr("Brightness"));
    words_[brightnessRow]->setBuddy(colour ? static_cast<QWidget*>(colour_) : brightness_);
    brightness_->setVisible(!colour);
    numbers_[brightnessRow]->setVisible(!colour);
    colour_->setVisible(colour);
    showNumbers();
}

void PokePalette::setPlacing(bool placing) {
    paste_->setCurrentIndex(placing ? 1 : 0);
    for (QAbstractButton* button : tools_->buttons())
        button->setEnabled(!placing);
    showNumbers();
}

void PokePalette::setTool(Kind kind) {
    toolButton(kind)->setChecked(true);
}

void PokePalette::setBrushSize(int pixels) {
    size_->setValue(pixels);
}

void PokePalette::setValue(const std::array<float, 3>& content) {
    const auto part = [&](std::size_t c) { return std::clamp((content[c] + 1) / 2, 0.0F, 1.0F); };
    if (channels_ == 3)
        chosen_ = QColor::fromRgbF(part(0), part(1), part(2));
    else
        brightness_->setValue(static_cast<int>(std::lround(part(0) * 100)));
    showNumbers();
}

PokePalette::Kind PokePalette::tool() const {
    return static_cast<Kind>(std::max(0, tools_->checkedId()));
}

QString PokePalette::toolName() const {
    return toolButton(tool())->text();
}

QPushButton* PokePalette::toolButton(Kind kind) const {
    return static_cast<QPushButton*>(tools_->button(static_cast<int>(kind)));
}

int PokePalette::brushSize() const {
    return size_->value();
}

double PokePalette::opacity() const {
    return opacity_->value() / 100.0;
}

PokePalette::View PokePalette::view() const {
    return static_cast<View>(view_->currentData().toInt());
}

PokeInk PokePalette::ink() const {
    PokeInk ink;
    switch (tool()) {
    case Kind::brush:
        if (channels_ == 3)
            ink.value = {contentOf(chosen_.redF()), contentOf(chosen_.greenF()), contentOf(chosen_.blueF())};
        else
            ink.value.fill(contentOf(brightness_->value()));
        ink.opacity = opacity();
        break;
    case Kind::eraser: // what the background would be is not known; 0 says nothing either way
        ink.opacity = opacity();
        break;
    case Kind::renoise:
        ink.kind = PokeInk::Kind::renoise;
        break;
    case Kind::restore:
        ink.kind = PokeInk::Kind::restore;
    }
    return ink;
}

void PokePalette::showNumbers() {
    numbers_[sizeRow]->setText(tr("%1 px").arg(size_->value()));
    numbers_[brightnessRow]->setText(tr("%1 %").arg(brightness_->value()));
    numbers_[opacityRow]->setText(tr("%1 %").arg(opacity_->value()));
    const bool placing = paste_->currentIndex() == 1;
    const bool covers = placing || tool() == Kind::brush || tool() == Kind::eraser;
    for (QWidget* each :
         {static_cast<QWidget*>(brightness_), static_cast<QWidget*>(colour_),
          static_cast<QWidget*>(words_[brightnessRow]), static_cast<QWidget*>(numbers_[brightnessRow])})
        each->setEnabled(!placing && tool() == Kind::brush);
    for (QWidget* each : {static_cast<QWidget*>(opacity_), static_cast<QWidget*>(words_[opacityRow]),
                          static_cast<QWidget*>(numbers_[opacityRow])})
        each->setEnabled(covers);
    for (QWidget* each : {static_cast<QWidget*>(size_), static_cast<QWidget*>(words_[sizeRow]),
                          static_cast<QWidget*>(numbers_[sizeRow])})
        each->setEnabled(!placing);
    const int side = theme::space(4);
    QPixmap swatch(side, side);
    swatch.fill(chosen_);
    colour_->setIcon(swatch);
    Q_EMIT changed();
}

void PokePalette::chooseColour() {
    auto* dialog = new QColorDialog(chosen_, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Colour of the content"));
    connect(dialog, &QColorDialog::colorSelected, this, [this](const QColor& colour) {
        chosen_ = colour;
        showNumbers();
    });
    dialog->open();
}

void PokePalette::restyle() {
    grid_->setSpacing(theme::space(1));
    rows_->setHorizontalSpacing(theme::space(2));
    rows_->setVerticalSpacing(theme::space(1));
    layout()->setSpacing(theme::space(2));
    for (QAbstractButton* button : tools_->buttons())
        button->setIcon(theme::icon(button->property("icon-name").toString()));
    file_->setIcon(theme::icon(QStringLiteral("image")));
    clipboard_->setIcon(theme::icon(QStringLiteral("copy")));
    const QFontMetrics metrics(theme::numberFont());
    for (QLabel* number : std::as_const(numbers_))
        number->setMinimumWidth(metrics.horizontalAdvance(QStringLiteral("100 %")));
}

void PokePalette::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && view_) restyle();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
