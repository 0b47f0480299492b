//! `payoutd demo`: real payouts through a real gRPC server, a real store and a simulated Trustly,
//! in one process, with every event printed as it streams. Exits with 0 only if every payout ends
//! as expected and the simulator's ledger shows the movements that belong to it.

mod region;
mod story;
mod table;
mod world;

use std::path::PathBuf;

use super::Failure;
use super::terminal::announce;
use region::Region;
use world::World;

/// Arguments of `payoutd demo`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leaves everything running and prints what to try.
    #[arg(long)]
    keep: bool,
    /// Where keys and data go; a temporary directory that is removed again, if absent.
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let world = World::start(args.data_dir).await?;
    world.print_addresses();
    let mut rows = Vec::new();
    for region in [Region::Europe, Region::Americas] {
        announce(format_args!("\n── {} ──", region.title()));
        rows.extend(story::tell(&world, region).await?);
    }
    announce("");
    table::print(&rows);
    if args.keep {
        world.print_hints();
        super::shutdown::signal().await;
    }
    let as_expected = rows.iter().filter(|row| row.is_as_expected()).count();
    world.stop().await?;
    announce(format_args!("demo: {as_expected} of {} as expected", rows.len()));
    match as_expected == rows.len() {
        true => Ok(()),
        false => Err("not every payout ended as expected; see the table".into()),
    }
}
