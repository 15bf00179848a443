int exporters() { return 0; }
