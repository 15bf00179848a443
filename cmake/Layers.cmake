# The architecture as data: which folder may include which. fusebox_library links only what stands
# here, and the test `layers` (check_layers.cmake) reads every #include against it.
set(FUSEBOX_LAYERS base policy telemetry slo breakers chaos killswitch sre/engine
  exporters/prometheus sre/sim sre/config sre/store sre/runtime sre/api sre/cli)

set(FUSEBOX_MAY_USE_base "")
set(FUSEBOX_MAY_USE_policy base)
set(FUSEBOX_MAY_USE_telemetry base policy)
set(FUSEBOX_MAY_USE_slo base policy telemetry)
set(FUSEBOX_MAY_USE_breakers base policy telemetry slo)
set(FUSEBOX_MAY_USE_chaos base policy telemetry slo)
set(FUSEBOX_MAY_USE_killswitch base policy)
set(FUSEBOX_MAY_USE_sre/engine base policy telemetry slo breakers killswitch)
set(FUSEBOX_MAY_USE_exporters/prometheus base policy telemetry slo breakers killswitch sre/engine)
set(FUSEBOX_MAY_USE_sre/sim base policy telemetry slo breakers chaos killswitch sre/engine)
set(FUSEBOX_MAY_USE_sre/config base policy telemetry slo breakers chaos killswitch sre/engine)
set(FUSEBOX_MAY_USE_sre/store base policy killswitch)
set(FUSEBOX_MAY_USE_sre/runtime base policy telemetry slo breakers killswitch sre/engine sre/config
  sre/store)
set(FUSEBOX_MAY_USE_sre/api base policy telemetry slo breakers killswitch sre/engine sre/config
  sre/store sre/runtime)
set(FUSEBOX_MAY_USE_sre/cli base policy telemetry slo breakers chaos killswitch sre/engine
  sre/config sre/store sre/runtime sre/api sre/sim exporters/prometheus)

# A header that is not the standard library's has a home: "pattern=folder". It stands in that
# folder's sources and detail/, never in a public header, and nowhere else. The system's own headers
# are shared by the folders that talk to it: "pattern=folder,folder".
set(FUSEBOX_HEADER_HOMES
  "^re2/=policy"
  "^simdjson=telemetry"
  "^sqlite3\\.h=sre/store"
  "^protozero/=telemetry"
  "^libdeflate\\.h=telemetry"
  "^openssl/=killswitch"
  "^boost/math/=slo"
  "^boost/json=sre/api,sre/cli,sre/runtime"
  "^zlib\\.h=slo"
  "^yaml-cpp/=sre/config"
  "^CLI/=sre/cli"
  "^boost/asio=sre/runtime"
  "^boost/beast=sre/runtime"
  "^(arpa|netinet)/=sre/runtime"
  "^(dirent|netdb)\\.h=sre/runtime"
  "^poll\\.h=sre/cli,sre/runtime"
  "^spawn\\.h=sre/api,sre/cli"
  "^fcntl\\.h=sre/api,sre/cli,sre/runtime,sre/store"
  "^sys/=sre/api,sre/cli,sre/runtime,sre/store"
  "^unistd\\.h=sre/api,sre/cli,sre/runtime,sre/store")

# Folders whose answers depend on their input alone: no clock, lock, file, thread or chance. That
# is what lets a journal replay to the same bytes.
set(FUSEBOX_PURE_FOLDERS base policy telemetry slo breakers chaos killswitch sre/engine
  exporters/prometheus)
set(FUSEBOX_IMPURE_HEADERS condition_variable ctime filesystem fstream future iostream mutex random
  shared_mutex thread)
# Regular expressions against one line without its comment. What the second allows before the name
# keeps `event.time(` and `elapsed_time(` out of it.
set(FUSEBOX_IMPURE_CODE
  "[a-z_]+_clock::now"
  "(^|[^A-Za-z0-9_.>:]|std::|[( ]::)(rand|srand|time|clock|getenv|gettimeofday|localtime) *\\("
  "std::(shared_|recursive_|timed_)?mutex"
  "std::(lock_guard|scoped_lock|unique_lock|j?thread|condition_variable)"
  "std::(random_device|mt19937|minstd_rand|[a-z_]+_distribution|default_random_engine)"
  "std::(cin|cout|cerr|[io]?fstream)")
