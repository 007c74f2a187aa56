// Colours, spacing, type and icons. Nothing else in ui/ names a colour, a font or a distance in pixels.
#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QString>

namespace ddpm::ui::theme {

enum class Mode { system, dark, light };

/// One hue for the forward direction, one for the reverse, one for training, everywhere.
struct Colors {
    QColor window; ///< behind everything
    QColor panel;  ///< rail, inspector, top bar, transport
    QColor card;   ///< a framed area on the stage
    QColor field;  ///< inputs and plain buttons
    QColor line;   ///< borders and separators
    QColor text;
    QColor muted;     ///< captions, units
    QColor faint;     ///< tick labels, grid lines' text
    QColor grid;      ///< plot grid lines
    QColor forward;   ///< amber
    QColor reverse;   ///< teal
    QColor training;  ///< blue; also the primary button
    QColor onPrimary; ///< text on the primary button
    QColor selection; ///< the chosen stage, a selected picture's surroundings
    QColor warning;
    QColor danger;
    QColor pictureGap; ///< between the pictures of a grid
};

/// Applies palette, fonts and style sheet to the whole application; scale 1.0…2.0 for projectors. GUI thread.
/// Every widget gets a QEvent::PaletteChange and repaints.
void apply(Mode mode, double scale);
Mode mode();
double scale();
bool isDark();

const Colors& colors();

/// While it lives, colours, scale and fonts are those of a sheet of white paper at scale 1, for what is taken
/// away as a picture: it looks the same whatever the window's theme and size of text. Nothing on screen is
/// restyled; who keeps colours must be told (QEvent::PaletteChange) after it came and after it went. GUI
/// thread.
class OnPaper {
public:
    OnPaper();
    ~OnPaper();
    OnPaper(const OnPaper&) = delete;
    OnPaper& operator=(const OnPaper&) = delete;

private:
    Colors colors_;
    double scale_;
    bool dark_, paper_;
};

/// `units` eighth-steps of the grid in device-independent pixels: space(1) is 4 px at scale 1, space(2) 8 px,
/// …
int space(int units);
/// Labels get their type from the style sheet by setProperty("role", …), which follows the scale by itself:
/// "title" (bold), "caption" (small, muted), "muted", "heading" (inspector section), "number" (tabular),
/// "hint" (small, faint), "problem". Buttons: "primary", "quiet" (no frame until pointed at), "toggle"
/// (checkable, lit when on), "danger". Frames: "card", "panel".
QFont textFont();    ///< body
QFont captionFont(); ///< small, for labels above panes
QFont headingFont(); ///< section headings of the inspector, for words in capitals
QFont numberFont();  ///< tabular figures for read-outs

/// A line icon of resources/icons by name ("play", "pause", "step", "noise", …) in the theme's text colour.
QIcon icon(const QString& name);
QIcon icon(const QString& name, const QColor& color);

} // namespace ddpm::ui::theme
