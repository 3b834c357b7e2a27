//! The command line of the engine: drive load, or serve with known response times.

// --help shows the comments of options, in which backticks would be noise.
#![allow(clippy::doc_markdown)]

mod failure;
mod load;
mod parse;
mod respond;
mod signals;
mod summary;
mod table;
mod target;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::Parser;

use failure::Failure;

/// A load generator for HTTP/1.1 that accounts for every request, and a server to hold it to.
#[derive(Parser)]
#[command(name = "engine", version)]
enum Command {
    Load(load::Options),
    Respond(respond::Options),
}

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => return refuse(&error),
    };
    let outcome = match command {
        Command::Load(options) => load::run(&options),
        Command::Respond(options) => respond::run(options),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("engine: {failure}");
        failure.exit_code()
    })
}

/// Prints help to the standard output, or one sentence about an error to the standard error.
fn refuse(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        print!("{error}");
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let sentence = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let failure = Failure::BadInput(words.join(" ").trim_start_matches("error: ").to_owned());
    eprintln!("engine: {failure}; see engine --help");
    failure.exit_code()
}
