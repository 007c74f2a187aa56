// Controls side by side, in as many rows as the width asks for.
#pragma once

#include <QWidget>

#include <vector>

namespace ddpm::ui {

class WrappingRow : public QWidget {
    Q_OBJECT
public:
    explicit WrappingRow(QWidget* parent = nullptr);

    /// Becomes a child. One that stretches takes what is left of its row; hidden ones take nothing.
    void add(QWidget* group, bool stretches = false);

    int rows() const; ///< at the present width
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;        ///< all in one row
    QSize minimumSizeHint() const override; ///< the widest alone

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Group {
        QWidget* widget;
        bool stretches;
    };
    std::vector<std::vector<Group>> broken(int width) const; // into rows
    void arrange();

    std::vector<Group> groups_;
};

} // namespace ddpm::ui
