// A home's own detail/ may show its third party.
#pragma once

#include <boost/math/distributions/beta.hpp>
