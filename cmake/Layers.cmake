# The architecture as data: which folder may include which. The target builder below links only
# what stands here, and the test `layers` reads every #include against it.
set(FUSEBOX_LAYERS base policy telemetry slo breakers killswitch sre/engine sre/config sre/cli)

set(FUSEBOX_MAY_USE_base "")
set(FUSEBOX_MAY_USE_policy base)
set(FUSEBOX_MAY_USE_telemetry base policy)
set(FUSEBOX_MAY_USE_slo base policy telemetry)
set(FUSEBOX_MAY_USE_breakers base policy telemetry slo)
set(FUSEBOX_MAY_USE_killswitch base policy)
set(FUSEBOX_MAY_USE_sre/engine base policy telemetry slo breakers killswitch)
set(FUSEBOX_MAY_USE_sre/config base policy telemetry slo breakers killswitch sre/engine)
set(FUSEBOX_MAY_USE_sre/cli base policy telemetry slo breakers killswitch sre/engine sre/config)

# A third-party header has one home: "pattern=folder".
set(FUSEBOX_THIRD_PARTY_HOMES
  "^re2/=policy"
  "^simdjson=telemetry"
  "^openssl/=killswitch"
  "^boost/math/=slo"
  "^zlib\\.h=slo"
  "^yaml-cpp/=sre/config"
  "^CLI/=sre/cli"
  "^fmt/=sre/cli")
