//! The kernel's counter of a thread as a Python class.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::task_counter::{self, Event};

#[pyclass(name = "TaskCounter", module = "timetrial._engine", frozen)]
pub struct TaskCounter(task_counter::TaskCounter);

#[pymethods]
impl TaskCounter {
    #[new]
    #[pyo3(signature = (thread, *, event = "instructions"))]
    fn new(thread: i32, event: &str) -> PyResult<Self> {
        let event = match event {
            "instructions" => Event::Instructions,
            "task-clock" => Event::TaskClock,
            _ => return Err(PyValueError::new_err(format!("there is no event {event:?}"))),
        };
        Ok(Self(task_counter::TaskCounter::open(thread, event)?))
    }

    fn read(&self) -> PyResult<u64> {
        Ok(self.0.read()?)
    }
}
