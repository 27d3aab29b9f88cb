//! Directories that a fenced program may write to without changing them: caches of build tools in the person's home.
//! Inside, an overlay lies over each; what is written goes to a directory of the task's, whose programs find it again,
//! and which nothing outside the fence ever reads. So a check that fetches a package works, and a package that an
//! agent changed stays behind the fence.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Workplace;
use crate::model::one_line;
use crate::process::{Program, find_program};

/// The trial takes milliseconds.
const TRIAL_LIMIT: Duration = Duration::from_secs(10);
/// Variables that move a cache which is not there yet: it cannot be made in a home that is read-only.
const MOVED: &[(&str, &str)] = &[
    (".cache", "XDG_CACHE_HOME"),
    (".cargo", "CARGO_HOME"),
    (".gradle", "GRADLE_USER_HOME"),
    (".npm", "npm_config_cache"),
    ("go", "GOPATH"),
];
/// The rights that the overlays need until they are made (the kernel's own directory in them may be entered by nobody),
/// and the one to give them all up.
pub(super) const RIGHTS: [&str; 6] =
    ["--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_DAC_OVERRIDE", "--cap-add", "CAP_SETPCAP"];
/// What runs in a trial: writes into the first argument when no right is left and none can be had again.
const TRIAL: &str = "while read -r name value; do case $name in CapInh:|CapPrm:|CapEff:|CapBnd:|CapAmb:) \
                     case $value in *[!0]*) echo \"rights are left: $name $value\" >&2; exit 1;; esac;; esac; \
                     done < /proc/self/status; echo x > \"$0\"/written";

/// A directory and where what is written to it goes.
pub(super) struct Over {
    place: PathBuf,
    aside: PathBuf,
}

/// The overlays of a workplace, their directories made.
pub(super) fn overlays(wanted: &[PathBuf], workplace: &Workplace, bound: &[&Path]) -> Vec<Over> {
    let mut places = Vec::new();
    for path in wanted {
        // a home may have links to a larger disk
        if let Ok(path) = path.canonicalize() {
            around(&path, bound, &mut places);
        }
    }
    places.sort();
    places.dedup();
    let whole: Vec<PathBuf> = places.clone();
    places.retain(|place| !whole.iter().any(|other| other != place && place.starts_with(other)));
    let made = places.into_iter().filter(|place| is_plain(place)).map(|place| {
        let aside = workplace.aside.join(format!("{:016x}", mark(&place)));
        fs::create_dir_all(aside.join("up"))?;
        fs::create_dir_all(aside.join("work"))?;
        Ok::<_, std::io::Error>(Over { place, aside })
    });
    made.filter_map(|over| over.inspect_err(|error| tracing::warn!(%error, "a cache stays read-only in a fence")).ok())
        .collect()
}

/// A directory, or its parts where something else is mounted in it: an overlay would lie over that too.
fn around(path: &Path, bound: &[&Path], places: &mut Vec<PathBuf>) {
    if !path.is_dir() || bound.iter().any(|other| path.starts_with(other)) {
        return;
    }
    if !bound.iter().any(|other| other.starts_with(path)) {
        places.push(path.to_path_buf());
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            around(&entry.path(), bound, places);
        }
    }
}

/// Whether the kernel reads it as one path (overlayfs separates with these).
fn is_plain(path: &Path) -> bool {
    path.to_str().is_some_and(|text| !text.contains([':', ',', '\\']))
}

/// A short name for a path, the same every time (FNV-1a).
fn mark(path: &Path) -> u64 {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |mark, byte| (mark ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The words of `qd fence enter` for them.
pub(super) fn words(overlays: &[Over], workplace: &Workplace) -> Vec<String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let pairs = overlays.iter().flat_map(|over| ["--over".to_owned(), text(&over.place), text(&over.aside)]);
    pairs.chain(["--away".to_owned(), text(&workplace.aside)]).collect()
}

/// What gives every right up, before the agent.
pub(super) fn give_up_rights(path: &std::ffi::OsStr) -> Option<Vec<String>> {
    let program = find_program("setpriv", path)?.to_str()?.to_owned();
    let rights = ["--ambient-caps=-all", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"];
    Some(std::iter::once(program).chain(rights.map(str::to_owned)).collect())
}

/// Variables for caches that are not there.
pub(super) fn moved(home: &Path, has: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let missing = MOVED.iter().filter(|(name, variable)| !home.join(name).exists() && !has(variable));
    missing.map(|(name, variable)| ((*variable).to_owned(), format!("/tmp/{}", name.trim_start_matches('.')))).collect()
}

/// Whether overlays can be made below a directory: `line` is a fence up to what runs in it.
pub(super) fn trial(directory: &Path, qd: &Path, line: Vec<String>, rest: &[String]) -> Result<(), String> {
    let place = directory.join(format!("trial-{}-{:?}", std::process::id(), std::thread::current().id()));
    let tried = try_in(&place, qd, line, rest);
    sweep(&place);
    tried
}

fn try_in(place: &Path, qd: &Path, mut line: Vec<String>, rest: &[String]) -> Result<(), String> {
    let (low, aside) = (place.join("low"), place.join("over"));
    for directory in [&low, &aside.join("up"), &aside.join("work")] {
        fs::create_dir_all(directory).map_err(|error| format!("`{}`: {error}", directory.display()))?;
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    line.extend(["--bind".to_owned(), text(place), text(place), "--".to_owned(), text(qd)]);
    line.extend(["fence", "enter", "--over"].map(str::to_owned));
    line.extend([text(&low), text(&aside), "--".to_owned()]);
    line.extend(rest.iter().cloned());
    line.extend(["/bin/sh", "-c", TRIAL].map(str::to_owned));
    line.push(text(&low));
    let (program, arguments) = line.split_first().map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
    let ended = Program::new(program).args(arguments).timeout(TRIAL_LIMIT).run().map_err(|error| error.to_string())?;
    if ended.success() && aside.join("up/written").exists() && !low.join("written").exists() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(said.lines().map(one_line).find(|line| !line.is_empty()).unwrap_or_else(|| "nothing was written".to_owned()))
}

/// Removes what was written aside below a directory: the kernel makes directories there that nobody may enter.
pub fn sweep(directory: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut places = vec![directory.to_path_buf()];
    while let Some(place) = places.pop() {
        for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                // what cannot be opened cannot be removed either, which is said below
                let _ = fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o700));
                places.push(entry.path());
            }
        }
    }
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(path = %directory.display(), %error, "what a fence kept aside was not removed");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mounted_in_a_cache_is_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        for name in [".cache/agent/deep", ".cache/pip", ".cargo/registry", "state"] {
            fs::create_dir_all(home.join(name)).unwrap();
        }
        fs::write(home.join(".cache/file"), "").unwrap();
        let workplace = Workplace { aside: home.join("state"), ..Workplace::default() };
        let (agent, inside) = (home.join(".cache/agent"), home.join(".cargo"));
        let wanted = [home.join(".cache"), home.join(".cargo/registry"), home.join(".npm")];
        let found = |bound: &[&Path]| {
            let made = overlays(&wanted, &workplace, bound);
            made.iter().map(|over| over.place.strip_prefix(&home).unwrap().to_path_buf()).collect::<Vec<_>>()
        };
        assert_eq!(found(&[]), [Path::new(".cache"), Path::new(".cargo/registry")]);
        assert_eq!(found(&[&agent, &inside]), [Path::new(".cache/pip")]);
        let again = overlays(&wanted, &workplace, &[]);
        assert!(again[0].aside.join("up").is_dir() && again[0].aside != again[1].aside);
    }
}
