//! Sessions that are not on screen: looking for text in them, and what an ended one showed last. Their hosts are
//! asked, or their records where there is no host any more.

use std::time::Duration;

use crate::client::pane::{self, PaneReceiver, PaneSender};
use crate::model::{SessionId, one_line};
use crate::protocol::pane::{Found, FromHost, Row, ToHost, VERSION};

use super::dialog::Hit;
use super::message::SearchPlace;
use super::outside::{Record, Records};

/// Matches that are listed of one pane.
const MOST_HITS: usize = 5;

/// How long a host may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Behind every line.
const END: (u64, u16) = (u64::MAX, 0);

/// The latest matches in one session; none when it cannot be asked.
pub(super) async fn search(place: SearchPlace, pattern: String, records: Records) -> Vec<Hit> {
    // a size that is not given to the PTY
    let view = ToHost::View { version: VERSION, rows: 24, cols: 80, resize: false };
    match pane::connect(&place.socket, view).await {
        Ok((sender, receiver)) => {
            let mut host = Host { sender, receiver, screen: None };
            let asked = tokio::time::timeout(PATIENCE, host.search(&place, &pattern)).await;
            asked.unwrap_or_default()
        }
        Err(_) if place.over => {
            let found = tokio::task::spawn_blocking(move || in_record(&place, &pattern, &records));
            found.await.unwrap_or_default()
        }
        Err(_) => Vec::new(),
    }
}

/// What an ended session showed last: its screen and what scrolled away from it.
pub(super) fn recall(session: &SessionId, records: &Records) -> Result<String, String> {
    let mut record = records(session, None).map_err(|error| format!("its record cannot be read: {error}"))?;
    match record(Some(ToHost::Capture { ansi: false, history: true })) {
        Some(FromHost::Captured(text)) => Ok(text),
        _ => Err("its record has no screen".to_owned()),
    }
}

/// The question for the match before a place.
fn question(pattern: &str, from: (u64, u16)) -> ToHost {
    ToHost::Search { id: 0, pattern: pattern.to_owned(), from, backward: true }
}

fn hit(place: &SearchPlace, found: Found, row: Option<&Row>) -> Hit {
    let text: String = row.map(|row| row.runs.iter().map(|run| run.text.as_str()).collect()).unwrap_or_default();
    Hit { worker: place.worker, session: place.session.clone(), found, text: one_line(text.trim()) }
}

/// A session's screen: the number of its first row, and its rows.
type Screen = (u64, Vec<Row>);

fn screen_of(said: FromHost) -> Option<Screen> {
    let FromHost::Screen(update) = said else { return None };
    let mut rows = vec![Row::default(); usize::from(update.rows)];
    for (number, row) in update.changed {
        if let Some(place) = rows.get_mut(usize::from(number)) {
            *place = row;
        }
    }
    Some((update.dropped + u64::from(update.history), rows))
}

fn on_screen(screen: Option<&Screen>, line: u64) -> Option<&Row> {
    let (first, rows) = screen?;
    rows.get(usize::try_from(line.checked_sub(*first)?).ok()?)
}

/// A host, asked one thing after the other.
struct Host {
    sender: PaneSender,
    receiver: PaneReceiver,
    screen: Option<Screen>,
}

impl Host {
    /// What it says next that is an answer.
    async fn answer(&mut self) -> Option<FromHost> {
        loop {
            match self.receiver.next().await? {
                said @ FromHost::Screen(_) => {
                    // the first one is whole; the place of lines is counted by it
                    self.screen = self.screen.take().or_else(|| screen_of(said));
                }
                answer @ (FromHost::Found(_) | FromHost::Lines { .. } | FromHost::Refused(_)) => return Some(answer),
                _ => {}
            }
        }
    }

    async fn ask(&mut self, question: ToHost) -> Option<FromHost> {
        self.sender.send(question).ok()?;
        self.answer().await
    }

    async fn search(&mut self, place: &SearchPlace, pattern: &str) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        let mut from = END;
        while hits.len() < MOST_HITS {
            let Some(FromHost::Found(found)) = self.ask(question(pattern, from)).await else { break };
            let Some(at) = found.at.filter(|_| !found.wrapped) else { break };
            let known = on_screen(self.screen.as_ref(), at.0).cloned();
            let row = match known {
                Some(row) => Some(row),
                None => match self.ask(ToHost::Lines { from: at.0, count: 1 }).await {
                    Some(FromHost::Lines { lines, .. }) => lines.into_iter().next(),
                    _ => None,
                },
            };
            hits.push(hit(place, found, row.as_ref()));
            from = at;
        }
        hits
    }
}

/// The same in a record.
fn in_record(place: &SearchPlace, pattern: &str, records: &Records) -> Vec<Hit> {
    let Ok(mut record) = records(&place.session, None) else { return Vec::new() };
    let screen = record(None).and_then(screen_of);
    let mut hits = Vec::new();
    let mut from = END;
    while hits.len() < MOST_HITS {
        let Some(FromHost::Found(found)) = record(Some(question(pattern, from))) else { break };
        let Some(at) = found.at.filter(|_| !found.wrapped) else { break };
        let row = on_screen(screen.as_ref(), at.0).cloned().or_else(|| line_of(&mut record, at.0));
        hits.push(hit(place, found, row.as_ref()));
        from = at;
    }
    hits
}

fn line_of(record: &mut Record, line: u64) -> Option<Row> {
    match record(Some(ToHost::Lines { from: line, count: 1 }))? {
        FromHost::Lines { lines, .. } => lines.into_iter().next(),
        _ => None,
    }
}
