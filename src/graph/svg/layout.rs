//! Where boxes and arrows go, after Sugiyama: a column per level; an arrow that passes a column gets a place of its own in it,
//! so that it crosses no box; what is linked is moved together.

use crate::graph::Graph;

/// Between boxes of a column.
const GAP: f64 = 14.0;
/// Between columns, where arrows bend.
const BEND: f64 = 60.0;
/// What an arrow takes of a column that it passes.
const LANE: f64 = 6.0;
/// How often order and places are improved; pictures no longer change after a few rounds.
const ROUNDS: usize = 8;

/// A place or a size, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

pub(super) struct Layout {
    /// Upper left corner of each node.
    pub corners: Vec<Point>,
    /// The points of each edge.
    pub ways: Vec<Vec<Point>>,
    pub size: Point,
}

/// What takes room in a column: a node, or an arrow that passes it.
struct Item {
    column: usize,
    height: f64,
    /// Items of the columns before and after that it is linked with.
    before: Vec<usize>,
    after: Vec<usize>,
    /// The middle.
    y: f64,
}

impl Layout {
    pub fn of(graph: &Graph, sizes: &[Point]) -> Self {
        let levels = graph.levels();
        let item = |column, height| Item { column, height, before: Vec::new(), after: Vec::new(), y: 0.0 };
        // The first items are the nodes.
        let mut items: Vec<Item> = levels.iter().zip(sizes).map(|(level, size)| item(*level, size.y)).collect();
        let chains: Vec<Vec<usize>> = graph
            .edges
            .iter()
            .map(|edge| {
                let mut chain = vec![edge.from];
                for column in levels[edge.from] + 1..levels[edge.to] {
                    items.push(item(column, LANE));
                    chain.push(items.len() - 1);
                }
                chain.push(edge.to);
                chain
            })
            .collect();
        for (one, next) in chains.iter().flat_map(|chain| chain.iter().zip(&chain[1..])) {
            items[*one].after.push(*next);
            items[*next].before.push(*one);
        }
        let mut columns: Vec<Vec<usize>> = vec![Vec::new(); levels.iter().max().map_or(0, |last| last + 1)];
        for (index, item) in items.iter().enumerate() {
            columns[item.column].push(index);
        }
        order(&mut columns, &mut items);
        let height = place(&columns, &mut items);
        draw(&columns, &items, &chains, sizes, height)
    }
}

/// Orders each column by where its links are, forth and back.
fn order(columns: &mut [Vec<usize>], items: &mut [Item]) {
    for column in columns.iter() {
        number(column, items);
    }
    for round in 0..ROUNDS {
        let forth = round % 2 == 0;
        let all = columns.len();
        for step in 0..all {
            let column = &mut columns[if forth { step } else { all - 1 - step }];
            let wanted: Vec<f64> = column.iter().map(|index| wanted(&items[*index], items, forth)).collect();
            let mut sorted: Vec<usize> = (0..column.len()).collect();
            // Stable, so that what has equal wishes keeps the order of the graph.
            sorted.sort_by(|one, other| wanted[*one].total_cmp(&wanted[*other]));
            *column = sorted.into_iter().map(|at| column[at]).collect();
            number(column, items);
        }
    }
}

/// For ordering, the place is the rank.
fn number(column: &[usize], items: &mut [Item]) {
    let mut rank = 0.0;
    for index in column {
        items[*index].y = rank;
        rank += 1.0;
    }
}

/// The mean place of the links on one side; its own without any.
fn wanted(item: &Item, items: &[Item], before: bool) -> f64 {
    let links = if before { &item.before } else { &item.after };
    mean(links.iter().map(|link| items[*link].y)).unwrap_or(item.y)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

/// Moves items towards their links without changing their order; the height of all.
fn place(columns: &[Vec<usize>], items: &mut [Item]) -> f64 {
    for column in columns {
        let mut y = 0.0;
        for index in column {
            items[*index].y = y + items[*index].height / 2.0;
            y += items[*index].height + GAP;
        }
    }
    for round in 0..ROUNDS {
        let forth = round % 2 == 0;
        let each: Vec<&Vec<usize>> = if forth { columns.iter().collect() } else { columns.iter().rev().collect() };
        for column in each {
            let wanted: Vec<f64> = column.iter().map(|index| wanted(&items[*index], items, forth)).collect();
            settle(column, &wanted, items);
        }
    }
    let top = items.iter().map(|item| item.y - item.height / 2.0).fold(f64::INFINITY, f64::min);
    let bottom = items.iter().map(|item| item.y + item.height / 2.0).fold(f64::NEG_INFINITY, f64::max);
    for item in items.iter_mut() {
        item.y -= top;
    }
    (bottom - top).max(0.0)
}

/// Gives each item of a column its wish where there is room, in order: neighbours that want the same place form a block around it.
fn settle(column: &[usize], wanted: &[f64], items: &mut [Item]) {
    // Blocks: where the middle of the first item wants to be on average, how many wish so, first item, height up to the last middle.
    let mut blocks: Vec<(f64, f64, usize, f64)> = Vec::new();
    for (at, wish) in wanted.iter().enumerate() {
        blocks.push((*wish, 1.0, at, 0.0));
        while let [.., before, last] = blocks.as_slice() {
            let (before, last) = (*before, *last);
            let upper = items[column[last.2 - 1]].height;
            let distance = before.3 + f64::midpoint(upper, items[column[last.2]].height) + GAP;
            if before.0 + distance <= last.0 {
                break;
            }
            let count = before.1 + last.1;
            let start = (before.0 * before.1 + (last.0 - distance) * last.1) / count;
            blocks.truncate(blocks.len() - 2);
            blocks.push((start, count, before.2, distance + last.3));
        }
    }
    for (number, (start, _, first, _)) in blocks.iter().enumerate() {
        let end = blocks.get(number + 1).map_or(column.len(), |next| next.2);
        let mut y = *start;
        for at in *first..end {
            if at > *first {
                y += f64::midpoint(items[column[at - 1]].height, items[column[at]].height) + GAP;
            }
            items[column[at]].y = y;
        }
    }
}

fn draw(columns: &[Vec<usize>], items: &[Item], chains: &[Vec<usize>], sizes: &[Point], height: f64) -> Layout {
    let mut x = 0.0;
    let mut lefts = Vec::new();
    let mut widths = Vec::new();
    for column in columns {
        let width = column.iter().filter_map(|index| sizes.get(*index)).map(|size| size.x).fold(0.0, f64::max);
        lefts.push(x);
        widths.push(width);
        x += width + BEND;
    }
    let corners =
        sizes.iter().zip(items).map(|(size, item)| Point { x: lefts[item.column], y: item.y - size.y / 2.0 }).collect();
    let ways = chains
        .iter()
        .map(|chain| {
            let mut way = Vec::new();
            for (at, index) in chain.iter().enumerate() {
                let item = &items[*index];
                let left = lefts[item.column];
                way.extend((at > 0).then_some(Point { x: left, y: item.y }));
                if at + 1 < chain.len() {
                    // Nothing bends before the column ends: a box above or below may be wider.
                    let node = sizes.get(*index).map(|size| Point { x: left + size.x, y: item.y });
                    way.extend(node);
                    way.push(Point { x: left + widths[item.column], y: item.y });
                }
            }
            way
        })
        .collect();
    Layout { corners, ways, size: Point { x: (x - BEND).max(0.0), y: height } }
}
