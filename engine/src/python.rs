//! The one module that knows Python: the classes of `timetrial._engine`.

mod histogram;
mod responder;
mod session;
mod speed_probe;
mod streams;
mod tally;
mod target;
mod task_counter;
mod uploads;

use pyo3::prelude::*;

use histogram::Histogram;
use session::{Fault, Session};
use speed_probe::{ProbeRefused, SpeedProbe};
use tally::{Progress, Tally};
use target::{Request, Target};
use task_counter::TaskCounter;

#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Fault", module.py().get_type::<Fault>())?;
    module.add("ProbeRefused", module.py().get_type::<ProbeRefused>())?;
    module.add_class::<Histogram>()?;
    module.add_class::<Request>()?;
    module.add_class::<responder::Responder>()?;
    module.add_class::<responder::Upstream>()?;
    module.add_class::<Target>()?;
    module.add_class::<Session>()?;
    module.add_class::<SpeedProbe>()?;
    module.add_class::<Progress>()?;
    module.add_class::<Tally>()?;
    module.add_class::<TaskCounter>()?;
    module.add_function(wrap_pyfunction!(uploads::block, module)?)?;
    module.add_function(wrap_pyfunction!(responder::self_signed, module)?)
}
