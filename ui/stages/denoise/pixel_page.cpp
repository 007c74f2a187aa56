#include "stages/denoise/pixel_page.h"

#include "stages/denoise/shown_state.h"
#include "theme/theme.h"
#include "views/curve_view.h"
#include "views/inspector_form.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace ddpm::ui {
namespace {

QString symbolOf(Layer::Kind kind, int t) {
    switch (kind) {
    case Layer::Kind::x:
        return QStringLiteral("x<sub>t</sub>");
    case Layer::Kind::x0_hat:
        return QStringLiteral("x̂<sub>0</sub>");
    case Layer::Kind::epsilon:
        return QStringLiteral("ε<sub>θ</sub>");
    case Layer::Kind::mean:
        return QStringLiteral("μ<sub>θ</sub>");
    case Layer::Kind::landed:
        return QStringLiteral("x<sub>%1</sub>").arg(t);
    case Layer::Kind::added:
        return QStringLiteral("σ<sub>t</sub> z");
    }
    return {};
}

} // namespace

PixelPage::PixelPage(QWidget* parent)
    : QWidget(parent), pages_(new QStackedWidget(this)),
      hint_(new QLabel(tr("Point at a pixel, or press Shift with an arrow key. A click pins it, so that its "
                          "values can be followed over t."))),
      title_(new QLabel), place_(new QLabel), channel_(new QComboBox), unpin_(new QPushButton(tr("Unpin"))),
      curves_(new CurveView) {
    setAccessibleName(tr("Pixel"));
    hint_->setProperty("role", "muted");
    hint_->setAlignment(Qt::AlignCenter);
    hint_->setWordWrap(true);
    title_->setProperty("role", "title");
    place_->setProperty("role", "caption");
    unpin_->setObjectName(QStringLiteral("unpin"));
    unpin_->setToolTip(tr("Let go of the pixel (Esc, or click it again)"));
    channel_->setObjectName(QStringLiteral("channel"));
    channel_->setAccessibleName(tr("Curves of"));
    channel_->setToolTip(tr("Whose curves are drawn"));
    curves_->setAccessibleName(tr("Values over t"));
    curves_->setXName(QStringLiteral("t"));
    // The curves run as the timeline does, from noise to picture: positions, with their t written below.
    curves_->setTickWords([this](int position) {
        const auto state = record_ ? record_->state(position) : nullptr;
        return state ? QString::number(state->t) : QString();
    });

    auto* page = new QWidget;
    table_ = new QGridLayout;
    table_->setContentsMargins(0, 0, 0, 0);
    const QString heads[] = {QStringLiteral("R"), QStringLiteral("G"), QStringLiteral("B")};
    for (int c = 0; c < channels; ++c) {
        const auto i = static_cast<std::size_t>(c);
        heads_[i] = new QLabel(heads[c]);
        heads_[i]->setProperty("role", "hint");
        heads_[i]->setAlignment(Qt::AlignRight);
        table_->addWidget(heads_[i], 0, c + 1);
        for (int r = 0; r < rows; ++r) {
            auto* number = new ReadOut;
            values_[static_cast<std::size_t>(r)][i] = number;
            table_->addWidget(number, r + 1, c + 1);
        }
    }
    for (int r = 0; r < rows; ++r) {
        auto* name = new QLabel;
        name->setTextFormat(Qt::RichText);
        names_[static_cast<std::size_t>(r)] = name;
        table_->addWidget(name, r + 1, 0);
    }
    table_->setColumnStretch(0, 1);
    auto* words = new QHBoxLayout;
    words->addWidget(title_);
    words->addWidget(place_, 1);
    auto* left = new QVBoxLayout;
    left->setContentsMargins(0, 0, 0, 0);
    left->addLayout(words);
    left->addLayout(table_);
    left->addStretch(1);
    auto* side = new QWidget;
    side->setObjectName(QStringLiteral("side"));
    side->setLayout(left);
    auto* both = new QHBoxLayout(page);
    both->setContentsMargins(0, 0, 0, 0);
    both->addWidget(side);
    both->addWidget(curves_, 1);
    pages_->addWidget(hint_);
    pages_->addWidget(page);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(pages_);
    connect(curves_, &CurveView::positionRequested, this, [this](int position) {
        const int newest = record_ ? record_->size() - 1 : 0;
        Q_EMIT positionRequested(std::clamp(position, 0, std::max(0, newest)));
        curves_->setCursorPosition(position_); // where the owner went, not where the pointer is
    });
    connect(unpin_, &QPushButton::clicked, this, &PixelPage::unpinRequested);
    connect(channel_, &QComboBox::currentIndexChanged, this, [this] {
        drawn_ = -1;
        drawCurves();
    });
    restyle();
}

void PixelPage::setRecord(std::shared_ptr<const ChainRecord> record) {
    record_ = std::move(record);
    drawn_ = -1;
    subject_.reset();
    pages_->setCurrentIndex(0);
    if (record_) curves_->setXRange(0, std::max(1, record_->planned() - 1));
}

QString PixelPage::title() const {
    return pages_->currentIndex() == 0 ? QString() : title_->text() + QLatin1Char(' ') + place_->text();
}

QString PixelPage::value(int row, int channel) const {
    const ReadOut* number = values_[static_cast<std::size_t>(row)][static_cast<std::size_t>(channel)];
    return number->isVisibleTo(this) ? number->text() : QString();
}

void PixelPage::show(const ShownState& shown, int position, int chain, std::optional<PixelPlace> pixel,
                     bool pinned) {
    position_ = position;
    const bool points = shown.state && shown.state->shape.is_points();
    const int item = pixel ? pixel->picture : chain;
    const bool any = record_ && shown.state && (points || pixel) && item < shown.state->shape.count;
    pages_->setCurrentIndex(any ? 1 : 0);
    pinned_ = pinned && !points;
    if (!any) {
        subject_.reset();
        return;
    }
    const ItemShape& shape = shown.state->shape;
    Subject subject{item, static_cast<std::size_t>(item) * shape.item_values()};
    if (points) {
        title_->setText(tr("Particle %1 of %2").arg(item + 1).arg(shape.count));
        place_->setText({});
    } else {
        subject.first += (static_cast<std::size_t>(pixel->row) * static_cast<std::size_t>(shape.width) +
                          static_cast<std::size_t>(pixel->column)) *
                         static_cast<std::size_t>(shape.channels);
        title_->setText(tr("Chain %1 of %2").arg(item + 1).arg(shape.count));
        place_->setText(tr("row %1, column %2").arg(pixel->row + 1).arg(pixel->column + 1));
        place_->setToolTip(tr("Rows 1 to %1 from the top, columns 1 to %2 from the left")
                               .arg(shape.height)
                               .arg(shape.width));
    }
    if (subject_ != subject || !(shape_ == shape)) drawn_ = -1;
    subject_ = subject;
    if (!(shape_ == shape) || channel_->count() == 0) showChannels(shape);
    curves_->setPlotTitle(title());
    showValues(shown);
    drawCurves();
    curves_->setCursorPosition(position);
}

void PixelPage::showChannels(const ItemShape& shape) {
    shape_ = shape;
    const QSignalBlocker quiet(channel_);
    channel_->clear();
    const QStringList names = shape.is_points() ? QStringList{QStringLiteral("x"), QStringLiteral("y")}
                                                : QStringList{tr("Red"), tr("Green"), tr("Blue")};
    const QStringList letters =
        shape.is_points() ? names
                          : QStringList{QStringLiteral("R"), QStringLiteral("G"), QStringLiteral("B")};
    const int wanted = shape.is_points() ? 2 : shape.channels;
    for (int c = 0; c < wanted; ++c)
        channel_->addItem(names[c]);
    for (int c = 0; c < channels; ++c) {
        QLabel* head = heads_[static_cast<std::size_t>(c)];
        head->setText(letters.value(c));
        head->setVisible(wanted > 1 && c < wanted);
    }
}

void PixelPage::showValues(const ShownState& shown) {
    const int wanted = shape_.is_points() ? 2 : shape_.channels;
    // The three that every state has, whatever the panes show, and below them what the phase made.
    const Layer& made = shown.layers[0];
    const bool extra = made.kind == Layer::Kind::mean || made.kind == Layer::Kind::landed;
    constexpr Layer::Kind kinds[] = {Layer::Kind::x, Layer::Kind::x0_hat, Layer::Kind::epsilon};
    for (int r = 0; r < rows; ++r) {
        const auto i = static_cast<std::size_t>(r);
        const bool visible = r < 3 || extra;
        names_[i]->setText(r < 3 ? symbolOf(kinds[i], 0) : symbolOf(made.kind, made.t));
        names_[i]->setVisible(visible);
        // In the first phase x̂_0 is not known yet, as in the panes.
        const bool known = r == 3 ? made.present
                                  : shown.state->has(static_cast<ChainPart>(r)) &&
                                        !(r == 1 && shown.phase == StepPhase::epsilon);
        for (int c = 0; c < channels; ++c) {
            ReadOut* number = values_[i][static_cast<std::size_t>(c)];
            number->setVisible(visible && c < wanted);
            const std::size_t at = subject_->first + static_cast<std::size_t>(c);
            if (!known || c >= wanted)
                number->setNothing();
            else
                number->setValue(static_cast<double>(
                    r == 3 ? made.value(at) : shown.state->value(static_cast<ChainPart>(r), at)));
        }
    }
}

void PixelPage::drawCurves() {
    if (!record_ || !subject_ || !isVisible() || drawn_ == record_->size()) return;
    drawn_ = record_->size();
    const std::size_t at = subject_->first + static_cast<std::size_t>(std::max(0, channel_->currentIndex()));
    const ChainPart parts[] = {ChainPart::x, ChainPart::x0_hat, ChainPart::epsilon};
    const QString names[] = {QStringLiteral("xₜ"), QStringLiteral("x̂₀"), QStringLiteral("ε")};
    const char* columns[] = {"x_t", "x0_hat", "epsilon"};
    const Tone tones[] = {Tone::text, Tone::reverse, Tone::forward};
    std::vector<Curve> curves;
    for (int i = 0; i < 3; ++i) {
        Curve curve;
        curve.name = names[i];
        curve.tone = tones[i];
        curve.column = columns[i];
        for (int k = 0; k < drawn_; ++k) {
            const auto state = record_->state(k);
            if (state->has(parts[i])) curve.values.push_back(static_cast<double>(state->value(parts[i], at)));
        }
        curves.push_back(std::move(curve));
    }
    curves_->setCurves(std::move(curves));
}

void PixelPage::grow() {
    drawCurves();
}

void PixelPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    drawCurves();
}

void PixelPage::restyle() {
    if (auto* side = findChild<QWidget*>(QStringLiteral("side"))) {
        side->layout()->setSpacing(theme::space(1));
        curves_->setMinimumHeight(theme::space(22));
        fitSide();
    }
    table_->setVerticalSpacing(theme::space(1) / 2);
    table_->setHorizontalSpacing(theme::space(2));
    pages_->widget(1)->layout()->setSpacing(theme::space(5));
}

/// The curves get half of a narrow page: they say more than the room between names and numbers.
void PixelPage::fitSide() {
    if (auto* side = findChild<QWidget*>(QStringLiteral("side")))
        side->setFixedWidth(
            std::min(theme::space(64), std::max(side->layout()->minimumSize().width(), width() * 48 / 100)));
}

void PixelPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitSide();
}

void PixelPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && curves_) restyle();
    QWidget::changeEvent(event);
}

} // namespace ddpm::ui
