# Every library we link, found once at the root: an imported target is visible only below the
# folder that found it, and a static library's users stand beside it. Which folder may use which
# is Layers.cmake's business. packaging/setup.sh installs them.

# To the digit, because the config of Debian's package accepts nothing less exact.
find_package(Boost 1.81.0 EXACT CONFIG REQUIRED COMPONENTS json)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(simdjson REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)  # 0.7: the target is `yaml-cpp`, without a namespace
find_package(ZLIB REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET GLOBAL libdeflate)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET GLOBAL re2)
