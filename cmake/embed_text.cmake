# cmake -DOUTPUT=file.cpp -DHEADER=header.h -DNAMESPACE=a::b -DVARIABLE=kText -DINPUTS="one|two" -P embed_text.cmake
# Writes a C++ file with the texts of the inputs, one behind the other, as one zero-terminated array.
string(REPLACE "|" ";" INPUTS "${INPUTS}")
set(pieces "")
foreach(input IN LISTS INPUTS)
  file(READ "${input}" text)
  string(LENGTH "${text}" length)
  # A literal may have a limited length; neighbours are joined by the compiler.
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 4000 piece)
    string(APPEND pieces "    R\"tv_text(${piece})tv_text\"\n")
    math(EXPR at "${at} + 4000")
  endwhile()
endforeach()
file(WRITE "${OUTPUT}" "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nconst char ${VARIABLE}[] =\n${pieces}    ;\n} // namespace ${NAMESPACE}\n")
