// Special functions of double, one number at a time; relative errors of about 1e-14 and better away from zeros.
#pragma once

namespace runnel::inline v0::cpu::special {

double lgamma(double x);                            ///< log |gamma(x)|
double digamma(double x);                           ///< its derivative
double ndtri(double p);                             ///< the normal distribution's quantile
double erfinv(double x);

}  // namespace runnel::inline v0::cpu::special
