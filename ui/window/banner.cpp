#include "window/banner.h"

#include "theme/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

namespace ddpm::ui {

Banner::Banner(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("banner"));
    icon_ = new QLabel;
    title_ = new QLabel;
    title_->setObjectName(QStringLiteral("bannerTitle"));
    where_ = new QLabel;
    remedy_ = new QLabel;
    remedy_->setObjectName(QStringLiteral("bannerRemedy"));
    title_->setProperty("role", "title");
    where_->setProperty("role", "caption");
    for (QLabel* label : {title_, where_, remedy_}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    close_ = new QToolButton;
    close_->setObjectName(QStringLiteral("bannerClose"));
    close_->setProperty("role", "quiet");
    close_->setToolTip(tr("Close (Esc)"));
    close_->setAccessibleName(tr("Close"));
    close_->setFocusPolicy(Qt::TabFocus);
    auto* words = new QVBoxLayout;
    words->setSpacing(theme::space(1) / 2);
    words->addWidget(title_);
    words->addWidget(remedy_);
    words->addWidget(where_);
    auto* layout = new QHBoxLayout(this);
    layout->setSpacing(theme::space(3));
    layout->addWidget(icon_, 0, Qt::AlignTop);
    layout->addLayout(words, 1);
    layout->addWidget(close_, 0, Qt::AlignTop);
    connect(close_, &QToolButton::clicked, this, &Banner::dismiss);
    restyle();
    hide();
}

void Banner::setError(const QString& title, const Error& error) {
    ++count_;
    //: what failed, and why
    const QString what = tr("%1: %2").arg(title, QString::fromStdString(error.what));
    title_->setText(count_ == 1 ? what : tr("%1   (%2 more before)").arg(what).arg(count_ - 1));
    where_->setText(QString::fromStdString(error.where));
    where_->setVisible(!error.where.empty());
    QString remedy = QString::fromStdString(error.remedy);
    if (!remedy.isEmpty()) remedy[0] = remedy[0].toUpper();
    remedy_->setText(remedy);
    remedy_->setVisible(!remedy.isEmpty());
    show();
}

void Banner::dismiss() {
    count_ = 0;
    hide();
}

QString Banner::text() const {
    return title_->text() + QLatin1Char('\n') + where_->text() + QLatin1Char('\n') + remedy_->text();
}

void Banner::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) restyle();
}

void Banner::restyle() {
    const theme::Colors& c = theme::colors();
    layout()->setContentsMargins(theme::space(4), theme::space(2), theme::space(3), theme::space(2));
    const int size = theme::space(5);
    icon_->setPixmap(
        theme::icon(QStringLiteral("warning"), c.danger).pixmap(QSize(size, size), devicePixelRatioF()));
    close_->setIcon(theme::icon(QStringLiteral("close"), c.muted));
    close_->setIconSize(QSize(theme::space(4), theme::space(4)));
}

} // namespace ddpm::ui
