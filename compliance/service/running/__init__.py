"""The service as a process: started, on its schedule, with changed settings, watched over HTTP."""
