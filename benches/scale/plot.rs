//! Rows -> a plot with both axes logarithmic: on a line of slope one, ten times the machines take ten times as long.

use std::fmt::Write;

use crate::rows::{Row, Step};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 140.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;

/// What is drawn, each in its colour (of the Okabe-Ito palette, which everybody can tell apart).
const LINES: [(Step, &str, &str); 5] = [
    (Step::Copy, "cp -r", "#000000"),
    (Step::Build, "build", "#d55e00"),
    (Step::Again, "build again", "#0072b2"),
    (Step::Lint, "lint", "#009e73"),
    (Step::Diff, "diff", "#cc79a7"),
];

/// The clouds without tenants.
pub fn svg(rows: &[Row]) -> String {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.tenants == 0).collect();
    let times = || rows.iter().flat_map(|row| LINES.map(|(step, ..)| row.cost(step).seconds().log10()));
    let (low, high) = (times().fold(f64::MAX, f64::min).floor(), times().fold(f64::MIN, f64::max).ceil());
    let powers = || rows.iter().map(|row| (row.nodes as f64).log10());
    let (first, last) = (powers().fold(f64::MAX, f64::min), powers().fold(f64::MIN, f64::max));
    let x = |power: f64| LEFT + (power - first) / (last - first).max(1.0) * (WIDTH - LEFT - RIGHT);
    let y = |power: f64| HEIGHT - BOTTOM - (power - low) / (high - low).max(1.0) * (HEIGHT - TOP - BOTTOM);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">Time of each command by the number of machines</text>\n"
    );
    for power in low as i32..=high as i32 {
        let at = y(f64::from(power));
        let (right, before) = (WIDTH - RIGHT, LEFT - 8.0);
        let _ = writeln!(out, "<path d=\"M{LEFT} {at:.1}H{right}\" stroke=\"#ddd\"/>");
        let _ = writeln!(out, "<text x=\"{before}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", at + 4.0, label(power));
    }
    for row in &rows {
        let at = x((row.nodes as f64).log10());
        let (bottom, below) = (HEIGHT - BOTTOM, HEIGHT - BOTTOM + 20.0);
        let _ = writeln!(out, "<path d=\"M{at:.1} {TOP}V{bottom}\" stroke=\"#ddd\"/>");
        let _ = writeln!(out, "<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\">{}</text>", row.nodes);
    }
    let mut ends: Vec<(f64, &str, &str)> = Vec::new();
    for (step, name, colour) in LINES {
        let point = |row: &&Row| (x((row.nodes as f64).log10()), y(row.cost(step).seconds().log10()));
        let points: Vec<(f64, f64)> = rows.iter().map(point).collect();
        let pairs: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            pairs.join(" ")
        );
        for (x, y) in &points {
            let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
        ends.extend(points.last().map(|(_, y)| (*y, name, colour)));
    }
    // Names stand at the ends of their lines, one below the other.
    ends.sort_by(|(one, ..), (other, ..)| one.total_cmp(other));
    let mut free = TOP;
    for (at, name, colour) in ends {
        let at = at.max(free);
        free = at + 16.0;
        let _ =
            writeln!(out, "<text x=\"{}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>", WIDTH - RIGHT + 10.0, at + 4.0);
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">machines (no tenants)</text>",
        f64::midpoint(LEFT, WIDTH - RIGHT),
        HEIGHT - 10.0
    );
    out + "</svg>\n"
}

fn label(power: i32) -> String {
    match power {
        ..=-4 => format!("{} µs", 10_f64.powi(power + 6)),
        -3..=-1 => format!("{} ms", 10_f64.powi(power + 3)),
        _ => format!("{} s", 10_f64.powi(power)),
    }
}
