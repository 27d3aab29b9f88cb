//! Copies on write over a directory, for a fence that we stand in: programs see the directory and may write to it, and
//! what they write goes elsewhere. Needs `CAP_SYS_ADMIN` in the fence's own namespaces.

use std::io;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};

/// Lays `aside/up` over `place`; `aside/work` is the kernel's (overlayfs(5)). Both must be there.
pub fn lay_over(place: &Path, aside: &Path) -> io::Result<()> {
    let text = |path: &Path| path.to_str().map(str::to_owned).ok_or(io::ErrorKind::InvalidInput);
    let (lower, upper, work) = (text(place)?, text(&aside.join("up"))?, text(&aside.join("work"))?);
    let plain = format!("lowerdir={lower},upperdir={upper},workdir={work}");
    // the only kind that a user namespace may make; older kernels know the other one only
    let made =
        mount(Some("overlay"), place, Some("overlay"), no_devices(), Some(format!("{plain},userxattr").as_str()));
    made.or_else(|_| mount(Some("overlay"), place, Some("overlay"), no_devices(), Some(plain.as_str())))?;
    Ok(())
}

/// Takes a mounted place out of sight.
pub fn take_away(place: &Path) -> io::Result<()> {
    umount2(place, MntFlags::MNT_DETACH).map_err(Into::into)
}

fn no_devices() -> MsFlags {
    MsFlags::MS_NOSUID | MsFlags::MS_NODEV
}
